// SPDX-License-Identifier: Apache-2.0

package dossier_test

import (
	"bytes"
	"strings"
	"testing"

	"carescan/reports"
	"carescan/reports/internal/example"
	"carescan/reports/internal/golden"
	"carescan/reports/internal/htmltest"
	"carescan/reports/render/dossier"
	"carescan/scanner"
)

func write(t *testing.T, d reports.Document, l scanner.Lang) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := dossier.Write(&out, d, l); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func document(t *testing.T) reports.Document {
	t.Helper()
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWrite(t *testing.T) {
	d := document(t)
	for _, l := range scanner.Langs() {
		raw := write(t, d, l)
		golden.Check(t, "dossier-"+string(l)+".html", raw)
		page := htmltest.Parse(t, raw, l)
		for _, c := range d.Run.Controls {
			checkChapter(t, page, c, l)
		}
	}
}

// checkChapter demands what each rule must say of itself, wherever it stands.
func checkChapter(t *testing.T, page htmltest.Document, c scanner.ControlResult, l scanner.Lang) {
	t.Helper()
	for n := range page.Root.Descendants() {
		if htmltest.Attr(n, "id") != reports.AnchorControl(c.Catalog, c.ID) {
			continue
		}
		text := htmltest.Text(n)
		for _, want := range []string{c.Title.In(l), c.State.Label().In(l), c.Source, string(c.Confidence), "2026"} {
			if !strings.Contains(text, want) {
				t.Errorf("control %s does not say %q: %s", c.ID, want, text)
			}
		}
		return
	}
	t.Errorf("control %s is nowhere", c.ID)
}

// What somebody declares is never told as what the agent saw.
func TestStrengthsAreToldApart(t *testing.T) {
	for strength, want := range map[scanner.Strength]string{
		scanner.Observed: "a été observé, sans réserve",
		scanner.Attested: "une attestation de l’établissement, document à l’appui",
		scanner.Declared: "ce que l’établissement déclare : aucun document ne l’appuie",
		"":               "ce que l’établissement déclare : aucun document ne l’appuie", // sealed before strengths were
	} {
		t.Run("sealed_"+string(strength), func(t *testing.T) {
			d := document(t)
			for i := range d.Run.Findings {
				if d.Run.Findings[i].Check == "governance.crisis-exercise" {
					d.Run.Findings[i].Strength = strength
				}
			}
			for i := range d.Run.Controls {
				d.Run.Controls[i].Strength = ""
			}
			page := htmltest.Parse(t, write(t, d, scanner.French), scanner.French)
			for n := range page.Root.Descendants() {
				if htmltest.Attr(n, "id") != reports.AnchorControl("has-numerique", "crise") {
					continue
				}
				text := strings.ReplaceAll(htmltest.Text(n), "\u00a0", " ")
				if !strings.Contains(text, want) {
					t.Errorf("the chapter does not say %q: %s", want, text)
				}
			}
		})
	}
}

func TestEveryStatementLeadsToItsEvidence(t *testing.T) {
	d := document(t)
	page := htmltest.Parse(t, write(t, d, scanner.French), scanner.French)
	statements := 0
	for _, n := range page.All("div") {
		inChapter := htmltest.Attr(n.Parent, "class") == "chapter"
		if !inChapter || !strings.HasPrefix(htmltest.Attr(n, "class"), "statement") {
			continue
		}
		statements++
		links := ""
		for _, a := range (htmltest.Document{Root: n}).All("a") {
			links += htmltest.Attr(a, "href") + " "
		}
		said := "#finding-"
		if strings.Contains(htmltest.Text(n), "rien n'est déclaré") {
			said = "#source-"
		}
		for _, want := range []string{said, "#" + reports.AnchorBundle + " "} {
			if !strings.Contains(links, want) {
				t.Errorf("statement %q has no link %s", htmltest.Text(n), want)
			}
		}
	}
	if statements != 4 {
		t.Errorf("%d statements, want one for each finding of each HAS topic", statements)
	}
}

func TestNobodyIsNamed(t *testing.T) {
	d := document(t)
	raw := write(t, d, scanner.French)
	for _, name := range d.Names {
		if bytes.Contains(raw, []byte(name)) {
			t.Errorf("the dossier names %s", name)
		}
	}
}

func TestHostileWordsStayWords(t *testing.T) {
	d, err := example.HostileDocument()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range scanner.Langs() {
		htmltest.Parse(t, write(t, d, l), l)
	}
}

func TestProfileWithoutHASSaysSo(t *testing.T) {
	d := document(t)
	d.Run.Controls = nil
	raw := write(t, d, scanner.French)
	htmltest.Parse(t, raw, scanner.French)
	if !bytes.Contains(raw, []byte("aucun thème de la HAS")) {
		t.Error("the dossier does not say that it has no chapter")
	}
}
