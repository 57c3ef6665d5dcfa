#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the four programs, stripped, into a folder: build.sh FOLDER VERSION.
# carescan-templates comes first: the agent is told its hash, and starts no other.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1 version=$2
# One build mode for everything that links nuclei, so that it is compiled once.
export CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false"
suffix=$(go env GOEXE)

build() { # program, more settings of the linker
  go build -ldflags "-s -w -X carescan/cmd/internal/cli.version=$version ${2:-}" -o "$out/carescan-$1$suffix" "./cmd/$1"
}

mkdir -p "$out"
build templates
digest=$(sha256sum "$out/carescan-templates$suffix" | cut -d ' ' -f 1)
build agent "-X carescan/cmd/agent/internal/sources.templatesDigest=$digest"
build lab
build aggregator
