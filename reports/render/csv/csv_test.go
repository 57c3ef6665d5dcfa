// SPDX-License-Identifier: Apache-2.0

package csv_test

import (
	"bytes"
	encoding "encoding/csv"
	"strings"
	"testing"

	"carescan/reports/internal/example"
	"carescan/reports/internal/golden"
	"carescan/reports/render/csv"
	"carescan/scanner"
)

func TestWrite(t *testing.T) {
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range scanner.Langs() {
		var out bytes.Buffer
		if err := csv.Write(&out, d, l); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "report-"+string(l)+".csv", out.Bytes())
	}
}

func TestFormulasAreNeutralised(t *testing.T) {
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	for i, hostile := range []string{"=1+1", "+1", "-1", "@SUM(1)", "\tx", "\rx", "\n=1", `=HYPERLINK("http://x.test";"a;b")`} {
		d.Run.Findings[i].Message = scanner.Text{FR: hostile, EN: hostile}
		d.Run.Findings[i].Target.ID = hostile
	}
	var out bytes.Buffer
	if err := csv.Write(&out, d, scanner.French); err != nil {
		t.Fatal(err)
	}
	reader := encoding.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff")))
	reader.Comma = ';'
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(d.Run.Findings)+1 {
		t.Fatalf("%d rows for %d findings", len(rows), len(d.Run.Findings))
	}
	for _, cells := range rows {
		for _, cell := range cells {
			if strings.IndexAny(cell, "=+-@\t\r\n") == 0 {
				t.Errorf("cell %q would run as a formula", cell)
			}
		}
	}
}
