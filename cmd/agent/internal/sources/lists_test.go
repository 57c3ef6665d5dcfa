// SPDX-License-Identifier: Apache-2.0

package sources

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"carescan/checks"
	"carescan/cmd/agent/internal/config"
	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/lists"
)

// judged is what a check says of a product that the lists of a configuration
// describe, as probes have them do.
func judged(t *testing.T, c config.Lists, check string, seen fact.Product) (scanner.Outcome, string) {
	t.Helper()
	book, err := lists.Open(c.Exploited, c.EndOfLife)
	if err != nil {
		t.Fatal(err)
	}
	seen.Where, seen.Source = "https://www.chu.test/", fact.FromPage
	products := fact.Products{Seen: []fact.Product{book.Describe(seen)}, Lists: book.Name()}
	raw, err := json.Marshal(products)
	if err != nil {
		t.Fatal(err)
	}
	judge, ok := checks.ByID(check)
	if !ok {
		t.Fatalf("no check %s", check)
	}
	f := judge.Evaluate(scanner.Observation{
		Kind: products.FactKind(), Vantage: scanner.VantageInternet, Target: scanner.Target{Kind: scanner.KindSite, ID: "https://www.chu.test"},
		At: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC), Status: scanner.StatusCompleted, Fact: raw,
	}, nil)
	return f.Outcome, f.Reason
}

// TestPlantedEntryChangesTheVerdict replaces each list by a file with an entry more
// than what the program holds, and back.
func TestPlantedEntryChangesTheVerdict(t *testing.T) {
	folder := t.TempDir()
	plant := func(name, text string) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	exploited := config.Lists{Exploited: plant("kev.json", `{"dateReleased":"2026-08-30T17:00:00Z","vulnerabilities":[
		{"cveID":"CVE-2023-43208","vendorProject":"NextGen Healthcare","product":"Mirth Connect","dateAdded":"2024-05-20"},
		{"cveID":"CVE-2026-0001","vendorProject":"NextGen Healthcare","product":"Mirth Connect","dateAdded":"2026-08-29"},
		{"cveID":"CVE-2026-0002","vendorProject":"lighttpd","product":"lighttpd","dateAdded":"2026-08-29"}]}`)}
	ended := config.Lists{EndOfLife: plant("eol.json", `{"generated_at":"2026-08-30T00:00:00Z","result":[
		{"name":"grafana","releases":[{"name":"13.1","isEol":true,"eolFrom":"2026-08-01"}]},
		{"name":"orthanc","releases":[{"name":"1.12","isEol":false,"eolFrom":"2030-01-01"}]}]}`)}
	const flaws, support = "exposure.product-flaws", "exposure.product-support"
	for name, tt := range map[string]struct {
		lists   config.Lists
		check   string
		seen    fact.Product
		outcome scanner.Outcome
		reason  string
	}{
		"spared_by_the_copy":      {config.Lists{}, flaws, fact.Product{Name: "mirth-connect", Version: "4.5.2"}, scanner.Pass, "none-listed"},
		"flaw_planted":            {exploited, flaws, fact.Product{Name: "mirth-connect", Version: "4.5.2"}, scanner.Inconclusive, "versions-not-stated"},
		"stated_by_both":          {exploited, flaws, fact.Product{Name: "mirth-connect", Version: "4.3"}, scanner.Fail, "listed-version"},
		"unnamed_by_the_copy":     {config.Lists{}, flaws, fact.Product{Name: "lighttpd", Version: "1.4.76"}, scanner.Inconclusive, "not-tracked"},
		"named_by_a_file":         {exploited, flaws, fact.Product{Name: "lighttpd", Version: "1.4.76"}, scanner.Inconclusive, "versions-not-stated"},
		"supported_by_the_copy":   {config.Lists{}, support, fact.Product{Name: "grafana", Version: "13.1.0"}, scanner.Pass, "supported"},
		"end_planted":             {ended, support, fact.Product{Name: "grafana", Version: "13.1.0"}, scanner.Fail, "ended"},
		"unlisted_by_the_copy":    {config.Lists{}, support, fact.Product{Name: "orthanc", Version: "1.12.5"}, scanner.Inconclusive, "not-listed"},
		"listed_by_a_file":        {ended, support, fact.Product{Name: "orthanc", Version: "1.12.5"}, scanner.Pass, "supported"},
		"of_no_list":              {config.Lists{}, flaws, fact.Product{Name: "dpi-maison", Version: "1.0"}, scanner.Inconclusive, "not-tracked"},
		"of_no_list_whole_or_not": {exploited, flaws, fact.Product{Name: "dpi-maison", Version: "1.0"}, scanner.Inconclusive, "not-tracked"},
		"end_of_no_list":          {config.Lists{}, support, fact.Product{Name: "dpi-maison", Version: "1.0"}, scanner.Inconclusive, "not-listed"},
		"branch_of_no_list":       {config.Lists{}, support, fact.Product{Name: "php", Version: "99.1"}, scanner.Inconclusive, "not-listed"},
	} {
		t.Run(name, func(t *testing.T) {
			if outcome, reason := judged(t, tt.lists, tt.check, tt.seen); outcome != tt.outcome || reason != tt.reason {
				t.Errorf("got %s, %s, want %s, %s", outcome, reason, tt.outcome, tt.reason)
			}
		})
	}
}

// TestProductsOfNoListAreNeverSaidSafe asks the checks that read the lists about what
// no list names, with a version and without.
func TestProductsOfNoListAreNeverSaidSafe(t *testing.T) {
	for _, check := range checks.All() {
		if check.Judge.Fact != (fact.Products{}).FactKind() {
			continue
		}
		for _, version := range []string{"", "1.0"} {
			for _, seen := range []fact.Product{{Name: "dpi-maison", Version: version}, {Name: "dpi-maison", Version: version, CMS: true}, {Name: "dpi-maison", Version: version, Edge: true}} {
				if outcome, reason := judged(t, config.Lists{}, check.ID, seen); outcome == scanner.Pass {
					t.Errorf("%s of %+v: passed, %s", check.ID, seen, reason)
				}
			}
		}
	}
}

// TestProbesTellTheirLists holds that what a run says it consulted is what its probes
// were given.
func TestProbesTellTheirLists(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kev.json")
	const text = `{"dateReleased":"2026-08-30T17:00:00Z","vulnerabilities":[{"cveID":"CVE-2026-0002","vendorProject":"a","product":"b","dateAdded":"2026-08-29"}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default(Sections())
	c.Lists.Exploited = file
	_, consulted, err := Probes(Shared{Config: c})
	if err != nil {
		t.Fatal(err)
	}
	if len(consulted) != 2 || !consulted[0].Replaced || "sha256:"+consulted[0].SHA256 != scanner.Digest([]byte(text)) || consulted[1].Replaced || consulted[1].Holds != 464 {
		t.Errorf("got %+v", consulted)
	}
}
