// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

const frenchPage = "# La porte est fermée\n\n" +
	"## Pourquoi\n\nUne porte ouverte invite.\n\n" +
	"## Comment c'est jugé\n\nOn regarde la porte.\n\n" +
	"## Comment corriger\n\nFermer la porte.\n\n" +
	"## Motifs\n\n- `open`: La porte {name} est ouverte\n  depuis {days} jours.\n- `shut`: La porte est fermée.\n\n" +
	"## Références\n\n- RFC 1\n- ANSSI R2\n"

const englishPage = "# The door is shut\n\n" +
	"## Why\n\nAn open door invites.\n\n" +
	"## How it is judged\n\nWe look at the door.\n\n" +
	"## How to correct\n\nShut the door.\n\n" +
	"## Reasons\n\n- `open`: Door {name} has been open for {days} days.\n- `shut`: The door is shut.\n\n" +
	"## References\n\n- RFC 1\n- ANSSI R2\n"

func TestParsePaper(t *testing.T) {
	fr, err := scanner.ParsePaper(scanner.French, frenchPage)
	if err != nil {
		t.Fatal(err)
	}
	en, err := scanner.ParsePaper(scanner.English, englishPage)
	if err != nil {
		t.Fatal(err)
	}
	want := scanner.Paper{
		Title: "La porte est fermée", Why: "Une porte ouverte invite.", How: "On regarde la porte.", Fix: "Fermer la porte.",
		Reasons:    map[string]string{"open": "La porte {name} est ouverte depuis {days} jours.", "shut": "La porte est fermée."},
		References: []string{"RFC 1", "ANSSI R2"},
	}
	if diff := cmp.Diff(want, fr); diff != "" {
		t.Errorf("French page (-want +got):\n%s", diff)
	}
	message := scanner.Papers{FR: fr, EN: en}.Message("open", scanner.Values{"name": "sud", "days": "3"})
	wantMessage := scanner.Text{
		FR: "La porte sud est ouverte depuis 3 jours.",
		EN: "Door sud has been open for 3 days.",
	}
	if diff := cmp.Diff(wantMessage, message); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

// A value that looks like a place is only a value: it may come from outside.
func TestMessage_fillsOnce(t *testing.T) {
	papers := scanner.Papers{FR: scanner.Paper{Reasons: map[string]string{"k": "{a} {b} {c}"}}}
	got := papers.Message("k", scanner.Values{"a": "{b}", "b": "{a}"}).FR
	if want := "{b} {a} {c}"; got != want {
		t.Errorf("message is %q, want %q", got, want)
	}
}

func TestParsePaper_refuses(t *testing.T) {
	tests := map[string]string{
		"empty":               "",
		"no-title":            strings.TrimPrefix(frenchPage, "# "),
		"blank-title":         strings.Replace(frenchPage, "# La porte est fermée", "#  \u00a0", 1),
		"section-missing":     strings.Replace(frenchPage, "## Motifs", "Motifs", 1),
		"section-misspelt":    strings.Replace(frenchPage, "## Motifs", "## Raisons", 1),
		"section-empty":       strings.Replace(frenchPage, "Fermer la porte.", "", 1),
		"section-too-many":    frenchPage + "\n## Encore\n\nTexte.\n",
		"reason-twice":        strings.Replace(frenchPage, "`shut`", "`open`", 1),
		"reason-no-message":   strings.Replace(frenchPage, ": La porte est fermée.", ":", 1),
		"english-page":        englishPage,
		"reason-without-mark": strings.Replace(frenchPage, "`open`: ", "``: ", 1),
	}
	for name, page := range tests {
		if paper, err := scanner.ParsePaper(scanner.French, page); err == nil {
			t.Errorf("%s: read as %+v", name, paper)
		}
	}
}

// FuzzParsePaper: a page that is accepted has everything a reader needs.
func FuzzParsePaper(f *testing.F) {
	f.Add(frenchPage)
	f.Add(strings.Replace(frenchPage, "# La porte est fermée", "#  \u00a0", 1))
	f.Add(strings.ReplaceAll(frenchPage, "\n", "\r\n"))
	f.Add("# x\n## Pourquoi\n")
	f.Fuzz(func(t *testing.T, page string) {
		p, err := scanner.ParsePaper(scanner.French, page)
		if err != nil {
			return
		}
		for _, part := range []string{p.Title, p.Why, p.How, p.Fix} {
			if part == "" || part != strings.TrimSpace(part) {
				t.Errorf("part %q of an accepted page", part)
			}
		}
		for key, message := range p.Reasons {
			if key == "" || message == "" {
				t.Errorf("reason %q says %q in an accepted page", key, message)
			}
		}
	})
}
