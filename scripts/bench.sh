#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures what a scan costs, and a region, each price as a ratio or a count taken in one run,
# and prints a table. It is no test: it judges nothing and has no time limit. The
# hospital takes twenty minutes at the courtesy a hospital is owed; HOSPITAL=small
# looks at a few machines, to see that everything is measured, and HOSPITAL_PAGES=FOLDER
# keeps each question, each look and each machine's price.
set -euo pipefail

results=$(mktemp)
trap 'rm -f "$results"' EXIT

measure() { # package, benchmark
  echo "measuring $2…" >&2
  go test -run '^$' -bench "^$2\$" -benchtime "${BENCHTIME:-5x}" -timeout 0 "$1" | tee -a "$results" >&2
}

# The agent as it is installed: its start, its size, its modules. On a busy machine
# only the processor time means something.
agent=bin/carescan-agent
starts() { # what it is told
  local TIMEFORMAT='%R %U %S' IFS=- times turn
  times=$(for ((turn = 0; turn < 21; turn++)); do { time "$agent" "$@" >/dev/null; } 2>&1; done)
  echo "BenchmarkAgent/$* 21 $(median <<< "$times") start-ms $(awk '{ print $2 + $3 }' <<< "$times" | median) start-cpu-ms"
}
median() { # of seconds, in milliseconds
  sort -n | awk '{ value[NR] = $1 } END { printf "%.0f", value[int((NR + 1) / 2)] * 1000 }'
}
{
  starts version
  starts checks list
  echo "BenchmarkAgent 1 $(stat -c %s "$agent" | awk '{ printf "%.1f", $1 / 1e6 }') MB $(go version -m "$agent" | grep -c '^[[:space:]]dep[[:space:]]') modules"
} | tee -a "$results" >&2

measure ./scanner/probes/tls BenchmarkEndpoint
BENCHTIME=1x measure ./cmd/agent/internal/runner BenchmarkDomains
for benchmark in BenchmarkSignedDomain BenchmarkHospital BenchmarkPeers; do
  BENCHTIME=1x measure ./cmd/agent/internal/hospital "$benchmark" # needs root: it makes a network of its own
done
measure ./scanner/probes/nuclei/worker BenchmarkOverhead
BENCHTIME=2x measure ./cmd/aggregator/internal/ingest BenchmarkRejudge
measure ./cmd/aggregator/internal/ingest BenchmarkKeep
BENCHTIME=2x measure ./cmd/aggregator/internal/ingest BenchmarkArrival

# A line of results is a name, a number of turns, then pairs of value and unit.
awk '
  function goal(name, unit) {
    if (name ~ /^Peers/) return "– (a peer)"
    if (unit == "queries-first") return "60"
    if (unit == "queries-second") return "15"
    if (unit == "queries-of-names") return "2 a name"
    if (unit ~ /^hellos-first/) return "30"
    if (unit ~ /^hellos-second/) return "30, what fails only"
    if (unit == "connections/s-worst") return "5"
    if (unit == "requests/s-worst") return "1"
    if (unit == "open-worst") return "2"
    if (unit == "first-minutes") return "8"
    if (unit == "all-minutes") return "20"
    if (name ~ /^Overhead/ && unit == "ratio") return "1.05 of the command line"
    if (unit == "wall-ratio" || unit == "cpu-ratio") return "1.2 of sslscan"
    if (name ~ /^Rejudge/ && unit == "cpu-s/3000") return "120 (60 s on two cores)"
    if (unit == "bare-ratio") return "2 of bare batches"
    if (unit == "bundles/s") return "at least 60 on two cores at rest"
    if (name ~ /^Arrival/ && unit == "cpu-ms/bundle") return "33 (60 a second on two cores)"
    if (unit == "page-p95-ms") return "200"
    if (unit == "s/3000") return "60 on two cores at rest"
    if (name == "Domains" && unit == "queries/domain") return "60"
    if (unit ~ /^start/) return "50 (100 with nuclei in it)"
    if (unit == "MB") return "30 (134 with nuclei in it)"
    if (unit == "modules") return "60 (399 with nuclei in it)"
    if (unit == "memory-1000/100") return "1 (flat)"
    return "–"
  }
  BEGIN { printf "\n%-24s %-34s %12s   %s\n", "what", "unit", "measured", "goal at most" }
  /^Benchmark/ {
    name = $1; sub(/-[0-9]+$/, "", name); sub(/^Benchmark/, "", name)
    for (i = 3; i < NF; i += 2) if ($(i + 1) != "ns/op") printf "%-24s %-34s %12s   %s\n", name, $(i + 1), $i, goal(name, $(i + 1))
  }' "$results"
