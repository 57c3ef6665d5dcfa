// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/scannertest"
)

// TestEmbeddedTablesAreReproduced makes the tables again from what was published:
// nobody edits them by hand.
func TestEmbeddedTablesAreReproduced(t *testing.T) {
	for list, published := range map[string]string{
		"kev": "kev/known_exploited_vulnerabilities.json", "endoflife": "endoflife/endoflife.json",
	} {
		t.Run(list, func(t *testing.T) {
			var made bytes.Buffer
			if err := write(list, scannertest.Vectors(t, published), &made); err != nil {
				t.Fatal(err)
			}
			held, err := os.ReadFile(filepath.Join("..", "..", "data", list+".tsv"))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(made.Bytes(), held) {
				t.Errorf("data/%s.tsv is not what the generator makes of %s", list, published)
			}
		})
	}
}

func TestWrite(t *testing.T) {
	for name, tt := range map[string]struct{ list, published, want string }{
		"kev": {
			"kev",
			`{"dateReleased":"2026-01-02T03:04:05Z","count":1,"vulnerabilities":[{"cveID":"CVE-2026-1234","vendorProject":"Maker","product":"Thing ",
			"dateAdded":"2026-01-02","shortDescription":"long","cwes":["CWE-1"],"knownRansomwareCampaignUse":"Unknown"}]}`,
			"CISA KEV\t2026-01-02\thttps://www.cisa.gov/known-exploited-vulnerabilities-catalog\t\nCVE-2026-1234\tMaker\tThing\t2026-01-02\tUnknown\n",
		},
		"endoflife": {
			"endoflife",
			`{"date":"2026-01-02","products":{"thing":{"title":"Thing","cycles":[{"cycle":"2","eol":false,"latest":"2.1","latestReleaseDate":"2026-01-01"},
			{"cycle":"1","eol":"2025-01-01","eoes":"2027-01-01","latest":"1.9"},{"cycle":"0","eol":true,"eoes":false}]}}}`,
			"endoflife\t2026-01-02\thttps://endoflife.date\t\nthing\n\t2\t\t\t2.1\t2026-01-01\n\t1\t2025-01-01\t2027-01-01\t1.9\t\n\t0\tended\t\t\t\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := write(tt.list, []byte(tt.published), &out); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(withoutDigest(tt.want), withoutDigest(out.String())); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}

// withoutDigest drops the last field of the first row.
func withoutDigest(table string) string {
	first, rows, _ := bytes.Cut([]byte(table), []byte("\n"))
	return string(first[:bytes.LastIndexByte(first, '\t')]) + "\n" + string(rows)
}

func TestGenerateRefuses(t *testing.T) {
	cut := filepath.Join(t.TempDir(), "cut.json")
	text := `{"dateReleased":"2026-01-02T03:04:05Z","count":2,"vulnerabilities":[{"cveID":"CVE-2026-1234"}]}`
	if err := os.WriteFile(cut, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"nothing": nil, "no_file": {"kev"}, "no_such_list": {"epss", cut}, "absent": {"kev", "/nonexistent"},
		"cut": {"kev", cut}, "undated": {"endoflife", cut}, "no_json": {"kev", "main.go"}, "no_json_either": {"endoflife", "main.go"},
	} {
		if err := generate(args, &bytes.Buffer{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	tab := []byte(`{"date":"2026-01-02","products":{"a\tb":{}}}`)
	if err := write("endoflife", tab, &bytes.Buffer{}); err == nil {
		t.Error("a tab inside a field is accepted")
	}
}
