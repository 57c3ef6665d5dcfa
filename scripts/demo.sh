#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A synthetic hospital on loopback, from scan to evidence: scanned, its bundle
# sealed, sent to an aggregator, stored, shown, and filed. Everything is left
# under demo/. ONCE=1 ends by itself; otherwise the pages stay up until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."
agent=$PWD/bin/carescan-agent
lab=$PWD/bin/carescan-lab
aggregator=$PWD/bin/carescan-aggregator
demo=$PWD/demo
finess=990000028
name="CHU Exemple (établissement fictif)"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait "${started[@]}" 2>/dev/null || true
}
trap finish EXIT

await() { # file, log
  for _ in $(seq 300); do [ -s "$1" ] && return; sleep 0.1; done
  echo "$1 did not come; see $2" >&2
  tail -n 20 "$2" >&2
  exit 1
}

rm -rf "$demo"
mkdir -p -m 700 "$demo"

say "1. Un hôpital fictif sur cette machine"
"$lab" --folder "$demo/lab" > "$demo/lab.log" 2>&1 &
started+=($!)
await "$demo/lab/agent.yaml" "$demo/lab.log"
config=$demo/lab/agent.yaml
echo "fautes connues : $demo/lab/manifest.json"

say "2. Un agrégateur régional sur SQLite"
# A list and not a function: in the background, a function would leave its child
# behind when it is ended.
regional=("$aggregator" --data "$demo/aggregator" --region "Région Exemple")
"${regional[@]}" init
"${regional[@]}" serve --agent-listen 127.0.0.1:0 --web-listen 127.0.0.1:0 --addr-file "$demo/addresses.json" > "$demo/aggregator.log" 2>&1 &
started+=($!)
await "$demo/addresses.json" "$demo/aggregator.log"
address() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" "$demo/addresses.json"; }
agent_url=$(address agent) web_url=$(address web)
"${regional[@]}" establishment add --finess "$finess" --legal-finess 990000010 --name "$name"

say "3. L'agent s'enrôle avec un jeton à usage unique"
"${regional[@]}" --agent-url "$agent_url" enrol-token create --establishment "$finess" > "$demo/enrolment.txt" 2>/dev/null
grep -o 'cst1\.[A-Za-z0-9_-]*' "$demo/enrolment.txt" | "$agent" enrol --config "$config" --token -
rm -f "$demo/enrolment.txt"

say "4. L'agent examine l'hôpital, scelle, rend compte et envoie"
code=0
"$agent" scan --config "$config" --send --format table,json,html,csv,dossier --out "$demo/rapports" > "$demo/resultat.txt" 2> "$demo/scan.log" || code=$?
if [ "$code" -ne 1 ]; then # the hospital has known faults: the scan must find some
  tail -n 20 "$demo/scan.log" >&2
  echo "the scan ended with $code, 1 was expected" >&2
  exit 1
fi
sed -n '1,14p' "$demo/resultat.txt"

say "5. Le dossier scellé et le dossier de preuves se vérifient hors ligne"
bundle=$(ls "$demo"/rapports/*.carescan)
"$agent" verify "$bundle"
"$agent" verify "$demo/rapports/dossier-has.zip"
"${regional[@]}" doctor

say "Tout est là :"
cat <<END
  résultat              $demo/resultat.txt
  rapport               $demo/rapports/rapport.html
  rapport (JSON)        $demo/rapports/rapport.json
  constats (tableur)    $demo/rapports/constats.csv
  dossier HAS           $demo/rapports/dossier-has.html
  dossier de preuves    $demo/rapports/dossier-has.zip
  dossier scellé        $bundle
  base de l'agrégateur  $demo/aggregator/carescan.db
END

[ "${ONCE:-}" = 1 ] && exit 0

say "L'interface de l'agrégateur"
"${regional[@]}" --web-url "$web_url" user add --admin --name "Administratrice" --email admin@example.test
echo "Adresse : $web_url   (certificat de l'autorité locale : le navigateur demandera de l'accepter)"
echo "Ctrl-C pour tout arrêter."
wait
