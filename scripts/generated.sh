#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Generated means verified: what is committed must be what would be generated.
set -euo pipefail
cd "$(dirname "$0")/.."
before=$(git ls-files -s checks docs | sha256sum; git diff -- checks docs | sha256sum; git ls-files -o --exclude-standard checks docs)
go generate ./checks ./cmd/agent/internal/sources
scripts/deps.sh
after=$(git ls-files -s checks docs | sha256sum; git diff -- checks docs | sha256sum; git ls-files -o --exclude-standard checks docs)
if [ "$before" != "$after" ]; then
  git diff --stat -- checks docs
  echo "generated files were not up to date: run make generate and commit" >&2
  exit 1
fi
