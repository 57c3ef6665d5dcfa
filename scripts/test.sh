#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every test and closes with the counts. Arguments: the packages that link
# nuclei or drive the real programs, tested without the race detector.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh
export PATH="$PATH:/usr/sbin:/sbin"

read -r -a heavy <<< "$1"
heavy_names=$(go list "${heavy[@]}" | sort)
mapfile -t light < <(comm -23 <(go list ./... | sort) <(echo "$heavy_names"))

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
echo "== vet and format"
test -z "$(gofmt -l $(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $(git ls-files '*.go'); exit 1; }
go vet "${light[@]}"
echo "== linter"
make --no-print-directory lint || status=1
echo "== generated files"
scripts/generated.sh || status=1
echo "== light packages, with the race detector"
CGO_ENABLED=1 go test -race -shuffle=on -timeout 20m -v "${light[@]}" >"$log.light" 2>&1 || status=1
echo "== packages that link nuclei, and the real programs"
go test -shuffle=on -timeout 40m -v "${heavy[@]}" >"$log.heavy" 2>&1 || status=1
cat "$log.light" "$log.heavy" > "$log"
rm -f "$log.light" "$log.heavy"

if [ "$status" -ne 0 ]; then
  grep -vE '^ *(=== |--- (PASS|SKIP))' "$log" | tail -n 300
fi
grep -E '^(ok|FAIL|---? FAIL)' "$log" || true
grep -E '^ *--- SKIP' -A 2 "$log" || true
passed=$(grep -cE '^ *--- PASS' "$log" || true)
failed=$(grep -cE '^ *--- FAIL' "$log" || true)
skipped=$(grep -cE '^ *--- SKIP' "$log" || true)
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi # the linter, a generated file, a package that does not build
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
