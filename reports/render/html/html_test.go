// SPDX-License-Identifier: Apache-2.0

package html_test

import (
	"bytes"
	"strings"
	"testing"

	"carescan/reports"
	"carescan/reports/internal/example"
	"carescan/reports/internal/golden"
	"carescan/reports/internal/htmltest"
	"carescan/reports/render/html"
	"carescan/scanner"
)

func write(t *testing.T, d reports.Document, l scanner.Lang) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := html.Write(&out, d, l); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWrite(t *testing.T) {
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range scanner.Langs() {
		raw := write(t, d, l)
		golden.Check(t, "report-"+string(l)+".html", raw)
		page := htmltest.Parse(t, raw, l)
		articles := page.All("article")
		var findings []reports.Finding // without those that nothing was declared for, said by source
		for _, g := range d.Groups() {
			findings = append(findings, g.Findings...)
		}
		if len(articles) != len(findings) || len(findings) != len(d.Run.Findings)-1 {
			t.Fatalf("%d findings on the page, want %d", len(articles), len(findings))
		}
		for i, f := range findings {
			text := htmltest.Text(articles[i])
			if !strings.Contains(text, f.Outcome.Label().In(l)) || !strings.Contains(text, f.Target.ID) {
				t.Errorf("finding %d is not that of %s: %s", i, f.Target.ID, text)
			}
			for _, id := range f.Observations {
				if !strings.Contains(text, id) {
					t.Errorf("finding %d does not cite observation %s", i, id)
				}
			}
		}
	}
}

// What is not known stands in a chapter of its own, beside its place among the
// findings.
func TestEveryUnknownIsSaid(t *testing.T) {
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	page := htmltest.Parse(t, write(t, d, scanner.French), scanner.French)
	for _, n := range page.All("section") {
		if htmltest.Attr(n, "id") != "unknown" {
			continue
		}
		for _, f := range d.Unknown() {
			if !strings.Contains(htmltest.Text(n), f.Title.FR) {
				t.Errorf("%q is not said to be unknown", f.Title.FR)
			}
		}
		for _, lack := range d.Lacks() {
			if strings.Count(htmltest.Text(n), strings.Join(strings.Fields(lack.Sentence().FR), " ")) != 1 {
				t.Errorf("%q is not said once", lack.Sentence().FR)
			}
		}
		return
	}
	t.Error("there is no chapter on what is not known")
}

func TestHostileWordsStayWords(t *testing.T) {
	d, err := example.HostileDocument()
	if err != nil {
		t.Fatal(err)
	}
	page := htmltest.Parse(t, write(t, d, scanner.French), scanner.French)
	if title := htmltest.Text(page.All("h1")[0]); title != strings.Join(strings.Fields(example.Hostile), " ") {
		t.Errorf("title = %q", title)
	}
}

func TestUnsealedRunSaysThatNothingProvesIt(t *testing.T) {
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	d.Bundle = nil
	raw := write(t, d, scanner.French)
	htmltest.Parse(t, raw, scanner.French)
	if !bytes.Contains(raw, []byte("n’a pas été scellé")) {
		t.Error("the page does not say that the run is not sealed")
	}
}

func TestEmptyRunIsAPageToo(t *testing.T) {
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	d.Run.Findings, d.Run.Controls, d.Run.Coverage, d.Run.Observations = nil, nil, nil, nil
	htmltest.Parse(t, write(t, d, scanner.English), scanner.English)
}

func TestNamesAreShownWithAWarning(t *testing.T) {
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	raw := write(t, d, scanner.French)
	if !bytes.Contains(raw, []byte("Leïla Exemple")) || !bytes.Contains(raw, []byte("ne doit pas quitter l’établissement")) {
		t.Error("the local report must show the names it was given and say what it is")
	}
	if bytes.Contains(raw, []byte("Personne Absente")) {
		t.Error("a person no finding speaks of is named")
	}
}

func TestCaveatsAndExclusionsAreShown(t *testing.T) {
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	d.Run.Scope.ExcludedNames = []string{"irm.chu.test"}
	d.Run.Caveats = []scanner.Caveat{{Key: "scope.excluded_names[0]", What: scanner.Text{FR: "rien", EN: "nothing"}, Hint: scanner.Text{FR: "voyez", EN: "look"}}}
	text := htmltest.Text(htmltest.Parse(t, write(t, d, scanner.English), scanner.English).All("body")[0])
	for _, want := range []string{"excluded names, and their addresses: irm.chu.test", "scope.excluded_names[0]: nothing. Look."} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
