// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"strings"
	"testing"

	"carescan/scanner"
)

func TestMessage_agrees(t *testing.T) {
	const records, servers = "{n|enregistrement|enregistrements}", "{s:Un serveur a|Des serveurs ont} répondu : {s}"
	for name, c := range map[string]struct {
		fr, en  string
		values  scanner.Values
		wantFR  string
		wantEN  string
		outline string
	}{
		"many":         {records, "{n|record|records}", scanner.Values{"n": "3"}, "3\u00a0enregistrements", "3 records", "{n} enregistrements"},
		"one":          {records, "{n|record|records}", scanner.Values{"n": "1"}, "1\u00a0enregistrement", "1 record", "{n} enregistrements"},
		"none":         {records, "{n|record|records}", scanner.Values{"n": "0"}, "aucun enregistrement", "no records", "{n} enregistrements"},
		"none_in_full": {"{n|entrée|entrées|aucune entrée}", "{n|entry|entries|nothing}", scanner.Values{"n": "0"}, "aucune entrée", "nothing", "{n} entrées"},
		"thousands":    {records, "{n|record|records}", scanner.Values{"n": "12000"}, "12\u00a0000\u00a0enregistrements", "12,000 records", "{n} enregistrements"},
		"list_of_one":  {servers, "{s:One server|Servers} answered: {s}", scanner.Values{"s": "ns1"}, "Un serveur a répondu : ns1", "One server answered: ns1", "Des serveurs ont répondu : {s}"},
		"list":         {servers, "{s:One server|Servers} answered: {s}", scanner.Values{"s": "ns1, ns2"}, "Des serveurs ont répondu : ns1, ns2", "Servers answered: ns1, ns2", "Des serveurs ont répondu : {s}"},
		"list_counted": {"{s|serveur|serveurs}", "{s|server|servers}", scanner.Values{"s": "ns1, ns2, +3"}, "5\u00a0serveurs", "5 servers", "{s} serveurs"},
		"number_alone": {"{n#:seul|plusieurs|personne}", "{n#:alone|several}", scanner.Values{"n": "13"}, "plusieurs", "several", "plusieurs"},
		"one_alone":    {"{n#:seul|plusieurs|personne}", "{n#:alone|several}", scanner.Values{"n": "1"}, "seul", "alone", "plusieurs"},
		"none_alone":   {"{n#:seul|plusieurs|personne}", "{n#:alone|several}", scanner.Values{"n": "0"}, "personne", "several", "plusieurs"},
		"list_of_one_number": {
			"{a:l'algorithme|les algorithmes} {a}", "{a:algorithm|algorithms} {a}",
			scanner.Values{"a": "13"},
			"l'algorithme 13", "algorithm 13", "les algorithmes {a}",
		},
		"list_of_zero": {"{a:le code|les codes} {a}", "{a:code|codes} {a}", scanner.Values{"a": "0"}, "le code 0", "code 0", "les codes {a}"},
		"list_of_numbers": {
			"{a:l'algorithme|les algorithmes} {a}", "{a:algorithm|algorithms} {a}",
			scanner.Values{"a": "8, 13"},
			"les algorithmes 8, 13", "algorithms 8, 13", "les algorithmes {a}",
		},
		"no_list":    {"{s:un|plusieurs|aucun}", "{s:one|several|none}", scanner.Values{"s": ""}, "aucun", "none", "plusieurs"},
		"empty_list": {"{s|serveur|serveurs}", "{s|server|servers}", scanner.Values{"s": ""}, "aucun serveur", "no servers", "{s} serveurs"},
		"decimal":    {"{p#} %", "{p#} %", scanner.Values{"p": "66.7"}, "66,7 %", "66.7 %", "{p} %"},
		"version":    {"TLS {v}", "TLS {v}", scanner.Values{"v": "1.2"}, "TLS 1.2", "TLS 1.2", "TLS {v}"},
		"date":       {"le {d}", "on {d}", scanner.Values{"d": "2027-01-01"}, "le 1er janvier 2027", "on 1 January 2027", "le {d}"},
		"moment":     {"le {d}", "on {d}", scanner.Values{"d": "2026-09-29 08:00"}, "le 29 septembre 2026 à 08 h 00 (UTC)", "on 29 September 2026, 08:00 UTC", "le {d}"},
		"instant":    {"le {d}", "on {d}", scanner.Values{"d": "2026-06-30T02:00:00+02:00"}, "le 30 juin 2026 à 00 h 00 (UTC)", "on 30 June 2026, 00:00 UTC", "le {d}"},
		"file_name":  {"{d}", "{d}", scanner.Values{"d": "sauvegarde-2026-09-30.zip"}, "sauvegarde-2026-09-30.zip", "sauvegarde-2026-09-30.zip", "{d}"},
		"no_date":    {"le {d}", "on {d}", scanner.Values{"d": "0001-01-01"}, "le 0001-01-01", "on 0001-01-01", "le {d}"},
	} {
		t.Run(name, func(t *testing.T) {
			papers := scanner.Papers{
				FR: scanner.Paper{Reasons: map[string]scanner.Reason{"k": {Message: c.fr}}},
				EN: scanner.Paper{Reasons: map[string]scanner.Reason{"k": {Message: c.en}}},
			}
			if got := papers.Message("k", c.values); got != (scanner.Text{FR: c.wantFR, EN: c.wantEN}) {
				t.Errorf("message is %+v, want %q and %q", got, c.wantFR, c.wantEN)
			}
			if got := scanner.Outline(c.fr); got != c.outline {
				t.Errorf("outline is %q, want %q", got, c.outline)
			}
		})
	}
}

// A value that looks like a place is only a value: it may come from outside.
func TestMessage_fillsOnce(t *testing.T) {
	papers := scanner.Papers{FR: scanner.Paper{Reasons: map[string]scanner.Reason{"k": {Message: "{a} {b} {c} {d:un|deux}"}}}}
	got := papers.Message("k", scanner.Values{"a": "{b}", "b": "{a}", "d": "{a|x|y}, z"}).FR
	if want := "{b} {a} {c} deux"; got != want {
		t.Errorf("message is %q, want %q", got, want)
	}
}

func TestTypeset(t *testing.T) {
	const written = "Un an (31 536 000 s) : « oui »,\nou 20 % ? De 10 % à 20 %, %d sur %[2]s et %.1f : 30 %.\n\nFin"
	if got, want := scanner.Typeset(scanner.French, written), "Un an (31\u00a0536\u00a0000 s)\u00a0: «\u00a0oui\u00a0»,\nou 20\u00a0%\u00a0? De 10\u00a0% à 20\u00a0%, %d sur %[2]s et %.1f\u00a0: 30\u00a0%.\n\nFin"; got != want {
		t.Errorf("French set as %q, want %q", got, want)
	}
	if got := scanner.Typeset(scanner.English, written); got != written {
		t.Errorf("English set as %q", got)
	}
	text := scanner.Text{FR: "Vu : 1", EN: "Seen: 1"}
	if got := text.Typeset(); got.Typeset() != got || !strings.Contains(got.FR, "\u00a0:") {
		t.Errorf("set twice: %q", got)
	}
}
