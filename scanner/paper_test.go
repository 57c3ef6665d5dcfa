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
	"## Comment conclure\n\nRegarder encore.\n\n- `dark`: Allumer\n  la lumière.\n\n" +
	"## Motifs\n\n- `open` **La porte est ouverte**: La porte {name} est ouverte\n  depuis {days|jour|jours}.\n" +
	"- `shut`: La porte est fermée.\n- `dark`: Il fait noir.\n\n" +
	"## Références\n\n- RFC 1\n- ANSSI R2\n"

const englishPage = "# The door is shut\n\n" +
	"## Why\n\nAn open door invites.\n\n" +
	"## How it is judged\n\nWe look at the door.\n\n" +
	"## How to correct\n\nShut the door.\n\n" +
	"## How to conclude\n\nLook again.\n\n- `dark`: Switch the light on.\n\n" +
	"## Reasons\n\n- `open` **The door is open**: Door {name} has been open for {days|day|days}.\n" +
	"- `shut`: The door is shut.\n- `dark`: It is dark.\n\n" +
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
		Conclude: "Regarder encore.",
		Reasons: map[string]scanner.Reason{
			"open": {Headline: "La porte est ouverte", Message: "La porte {name} est ouverte depuis {days|jour|jours}."},
			"shut": {Message: "La porte est fermée."},
			"dark": {Message: "Il fait noir.", Remedy: "Allumer la lumière."},
		},
		References: []string{"RFC 1", "ANSSI R2"},
	}
	if diff := cmp.Diff(want, fr); diff != "" {
		t.Errorf("French page (-want +got):\n%s", diff)
	}
	papers := scanner.Papers{FR: fr, EN: en}
	message := papers.Message("open", scanner.Values{"name": "sud", "days": "3"})
	wantMessage := scanner.Text{
		FR: "La porte sud est ouverte depuis 3\u00a0jours.",
		EN: "Door sud has been open for 3 days.",
	}
	if diff := cmp.Diff(wantMessage, message); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	for reason, want := range map[string]struct {
		outcome scanner.Outcome
		remedy  string
	}{"open": {scanner.Fail, "Shut the door."}, "dark": {scanner.Inconclusive, "Switch the light on."}, "shut": {scanner.Pass, ""}, "lost": {scanner.Inconclusive, "Look again."}} {
		if got := papers.Remedy(want.outcome, reason, nil).EN; got != want.remedy {
			t.Errorf("remedy of %q is %q, want %q", reason, got, want.remedy)
		}
	}
	shown := scanner.Reason{Message: "{names} are away.", Remedy: "Write providers: [{names}]."}
	away := scanner.Papers{EN: scanner.Paper{Reasons: map[string]scanner.Reason{"away": shown}}}
	if got, want := away.Remedy(scanner.Inconclusive, "away", scanner.Values{"names": "a, b"}).EN, "Write providers: [a, b]."; got != want {
		t.Errorf("remedy with values is %q, want %q", got, want)
	}
	if got, want := papers.Headline("open"), (scanner.Text{FR: "La porte est ouverte", EN: "The door is open"}); got != want {
		t.Errorf("headline is %+v", got)
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
		"headline-stop":       strings.Replace(frenchPage, "ouverte**", "ouverte.**", 1),
		"headline-value":      strings.Replace(frenchPage, "ouverte**", "{name}**", 1),
		"headline-long":       strings.Replace(frenchPage, "ouverte**", strings.Repeat("a", 91)+"**", 1),
		"headline-empty":      strings.Replace(frenchPage, "**La porte est ouverte**", "****: x **", 1),
		"place-unknown":       strings.Replace(frenchPage, "{days|jour|jours}", "{days|jours}", 1),
		"place-open":          strings.Replace(frenchPage, "{name}", "{name", 1),
		"remedy-twice":        strings.Replace(frenchPage, "- `dark`: Allumer", "- `dark`: Attendre.\n- `dark`: Allumer", 1),
		"remedy-with-value":   strings.Replace(frenchPage, "Regarder encore.", "Regarder {name}.", 1),
		"remedy-broken-place": strings.Replace(frenchPage, "Allumer", "Allumer {name", 1),
		"remedy-alone":        strings.Replace(frenchPage, "Regarder encore.", "", 1),
		"remedy-then-text":    strings.Replace(frenchPage, "  la lumière.", "- et la suite", 1),
		"reason-without-mark": strings.Replace(frenchPage, "`open` ", "`` ", 1),
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
		for _, part := range []string{p.Title, p.Why, p.How, p.Fix, p.Conclude} {
			if part == "" && part != p.Conclude || part != strings.TrimSpace(part) {
				t.Errorf("part %q of an accepted page", part)
			}
		}
		for key, r := range p.Reasons {
			if key == "" || r.Message == "" && r.Remedy == "" {
				t.Errorf("reason %q says %+v in an accepted page", key, r)
			}
		}
	})
}

const frenchReasons = "# Ce qu'on conclut d'une porte\n\n## Comment conclure\n\n- `dark`: Allumer.\n\n" +
	"## Motifs\n\n- `dark`: Il fait noir.\n- `ajar` **La porte bâille**: Elle bâille de {gap}.\n"

func TestParseReasons(t *testing.T) {
	got, err := scanner.ParseReasons(scanner.French, frenchReasons)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]scanner.Reason{
		"dark": {Message: "Il fait noir.", Remedy: "Allumer."},
		"ajar": {Headline: "La porte bâille", Message: "Elle bâille de {gap}."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestParseReasons_remedyAlone(t *testing.T) {
	got, err := scanner.ParseReasons(scanner.French, "# Titre\n\n## Comment conclure\n\n- `dark`: Allumer.\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]scanner.Reason{"dark": {Remedy: "Allumer."}}, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestParseReasons_refuses(t *testing.T) {
	for name, page := range map[string]string{
		"empty":            "",
		"no-reasons":       "# Titre\n\n## Comment conclure\n",
		"general-remedy":   strings.Replace(frenchReasons, "- `dark`: Allumer.", "Allumer.", 1),
		"reasons-first":    "# Titre\n\n## Motifs\n\n- `dark`: Il fait noir.\n\n## Comment conclure\n\n- `dark`: Allumer.\n",
		"unknown-section":  strings.Replace(frenchReasons, "Comment conclure", "Pourquoi", 1),
		"twice-the-remedy": strings.Replace(frenchReasons, "## Comment conclure", "## Comment conclure\n\n- `dark`: Attendre.\n\n## Comment conclure", 1),
	} {
		if got, err := scanner.ParseReasons(scanner.French, page); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
}

// FuzzParseReasons: every reason of an accepted page says something.
func FuzzParseReasons(f *testing.F) {
	f.Add(frenchReasons)
	f.Fuzz(func(t *testing.T, page string) {
		reasons, err := scanner.ParseReasons(scanner.French, page)
		if err != nil {
			return
		}
		for key, r := range reasons {
			if key == "" || r.Message == "" {
				t.Errorf("reason %q says %+v in an accepted page", key, r)
			}
		}
	})
}
