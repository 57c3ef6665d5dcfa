#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes the modules linked into each binary, so that a new dependency is a line
# in a change.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p docs/dependencies
for program in agent templates lab aggregator; do
  go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}' "./cmd/$program" |
    sort -u | sed '/^$/d' > "docs/dependencies/carescan-$program.txt"
done
