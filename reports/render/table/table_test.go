// SPDX-License-Identifier: Apache-2.0

package table_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"carescan/reports/internal/example"
	"carescan/reports/internal/golden"
	"carescan/reports/render/table"
	"carescan/scanner"
)

func TestWrite(t *testing.T) {
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range scanner.Langs() {
		var out bytes.Buffer
		if err := table.Write(&out, d, l); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "report-"+string(l)+".txt", out.Bytes())
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("line of %d columns: %s", n, line)
			}
		}
	}
}

func TestColourOnlyRepeatsTheShape(t *testing.T) {
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	var plain, coloured bytes.Buffer
	if err := table.Write(&plain, d, scanner.French); err != nil {
		t.Fatal(err)
	}
	if err := (table.Style{Colour: true}).Write(&coloured, d, scanner.French); err != nil {
		t.Fatal(err)
	}
	strip := strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[36m", "", "\x1b[2m", "", "\x1b[0m", "")
	if coloured.String() == plain.String() || strip.Replace(coloured.String()) != plain.String() {
		t.Error("the coloured table says something else than the plain one")
	}
}

func TestWordsOfATargetDoNotCommandTheTerminal(t *testing.T) {
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	const hostile = "\x1b[2J\x1b]0;owned\x07\u202eabc\u009b31m"
	for i := range d.Run.Findings {
		d.Run.Findings[i].Target.ID = hostile
		d.Run.Findings[i].Check = hostile
		d.Run.Findings[i].Message = scanner.Text{FR: hostile, EN: hostile}
	}
	d.Run.Establishment.Name = hostile
	d.Run.Caveats = []scanner.Caveat{{Key: "scope.names[0]", What: scanner.Text{FR: hostile, EN: hostile}, Hint: scanner.Text{FR: "voyez", EN: "look"}}}
	d.Run.Controls[0].ID = hostile
	var out bytes.Buffer
	if err := table.Write(&out, d, scanner.French); err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexAny(out.String(), "\x1b\x07\u202e\u009b"); i >= 0 {
		t.Errorf("a control character reached the terminal at byte %d", i)
	}
	if !strings.Contains(out.String(), "Voyez.") {
		t.Error("the caveat of the run is not shown")
	}
}
