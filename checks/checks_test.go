// SPDX-License-Identifier: Apache-2.0

package checks_test

import (
	stdcmp "cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/checks"
	"carescan/scanner"
)

func TestByID(t *testing.T) {
	for _, want := range checks.All() {
		got, ok := checks.ByID(want.ID)
		if !ok || got.Papers.FR.Title != want.Papers.FR.Title {
			t.Errorf("ByID(%q) = %q, %v", want.ID, got.Papers.FR.Title, ok)
		}
	}
	if _, ok := checks.ByID("exposure.none-such"); ok {
		t.Error("ByID found a check that does not exist")
	}
}

func TestAllIsTheCallersOwn(t *testing.T) {
	checks.All()[0].Papers.FR.Reasons["changed"] = scanner.Reason{Message: "changed"}
	if _, changed := checks.All()[0].Papers.FR.Reasons["changed"]; changed {
		t.Error("a caller changed the registry of every other")
	}
}

// TestEveryCheckHasItsFamily wants a row for every family, in the order of the
// registry, and a check for every row.
func TestEveryCheckHasItsFamily(t *testing.T) {
	var found, listed []string
	for _, check := range checks.All() {
		family, ok := checks.FamilyOf(check.ID)
		if !ok {
			t.Errorf("%s is of no family: add its row to families.go", check.ID)
		}
		if !slices.Contains(found, family.Name) {
			found = append(found, family.Name)
		}
	}
	for _, f := range checks.Families() {
		listed = append(listed, f.Name)
		for _, text := range []scanner.Text{f.Title, f.About} {
			if text.FR == "" || text.EN == "" {
				t.Errorf("family %s is not told in both languages", f.Name)
			}
		}
	}
	if diff := cmp.Diff(found, listed); diff != "" {
		t.Errorf("families (-of checks +listed):\n%s", diff)
	}
}

// TestWhatChecksAre holds what a check has from its family and from the kind of
// its fact, beside what it says itself: a row that changes changes here.
func TestWhatChecksAre(t *testing.T) {
	var got strings.Builder
	for _, c := range checks.All() {
		fmt.Fprintf(&got, "%s/%d severity=%s fact=%s vantage=%s confirm=%s\n",
			c.ID, c.Revision, c.Severity, c.Judge.Fact, stdcmp.Or(string(c.Vantage), "any"), stdcmp.Or(string(c.Confirm), "one-look"))
	}
	golden(t, filepath.Join("testdata", "checks.txt"), got.String())
}

func TestEveryFactHasASource(t *testing.T) {
	for _, check := range checks.All() {
		if _, ok := scanner.SourceOf(check.Judge.Fact); !ok {
			t.Errorf("%s reads %s, and nobody knows what to declare for it: add it to scanner/source.go", check.ID, check.Judge.Fact)
		}
	}
}

// blank is an observation of a check that saw nothing in particular.
func blank(check scanner.Check, fact string) scanner.Observation {
	return scanner.Observation{
		ID: "obs-0", Kind: check.Judge.Fact, Vantage: scanner.VantageInternet, Status: scanner.StatusCompleted,
		At: time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC), Fact: json.RawMessage(fact),
	}
}

// beside is what a check is judged against, as blank; nothing for most checks.
func beside(check scanner.Check, reference string) []scanner.Observation {
	if check.Judge.Reference == "" {
		return nil
	}
	o := blank(check, reference)
	o.ID, o.Kind, o.Vantage = "obs-1", check.Judge.Reference, scanner.VantageDeclared
	return []scanner.Observation{o}
}

func TestNothingSeenNeverPassesNorFails(t *testing.T) {
	for _, check := range checks.All() {
		for _, run := range [][]scanner.Observation{nil, beside(check, "{}")} {
			f := check.Evaluate(blank(check, "{}"), nil, run...)
			if f.Outcome == scanner.Pass || f.Outcome == scanner.Fail || f.Reason == "check-error" {
				t.Errorf("%s concludes %s (%s) on an empty fact", check.ID, f.Outcome, f.Reason)
			}
		}
	}
}

func TestJudgingTwiceGivesTheSame(t *testing.T) {
	for _, check := range checks.All() {
		for _, c := range casesOf(t, check.ID) {
			first, second := c.finding(check), c.finding(check)
			if diff := cmp.Diff(first, second); diff != "" {
				t.Errorf("%s (-first +second):\n%s", c.file, diff)
			}
		}
	}
}

func TestUnknownParametersAreRefused(t *testing.T) {
	for _, check := range checks.All() {
		if err := check.Judge.AcceptParams(json.RawMessage(`{"none_such": 1}`)); err == nil {
			t.Errorf("%s accepts a parameter it does not know", check.ID)
		}
		if err := check.Judge.AcceptParams(check.Judge.Defaults); err != nil {
			t.Errorf("%s refuses its own defaults: %v", check.ID, err)
		}
	}
}

// FuzzEvaluate gives every check facts that no probe of ours wrote: an old or a
// forged bundle. A check may refuse them and must not break.
func FuzzEvaluate(f *testing.F) {
	all := checks.All()
	for _, check := range all {
		f.Add([]byte("{}"), []byte("{}"), check.ID)
	}
	f.Add([]byte(`{"reach":"answered","name":"a","chain":[{}],"trust":"trusted"}`), []byte("{}"), "exposure.certificate-validity")
	f.Add([]byte(`{"privileged":-1,"privileged_enforced":9223372036854775807}`), []byte("{}"), "mfa.admins-enforced")
	f.Add([]byte(`{"privileged":3,"privileged_enforced":2}`),
		[]byte(`{"shares":[{"target":"/","population":"privileged","measure":"enforced","best":{"covered":-1,"total":9223372036854775807}}]}`), "mfa.admins-regression")
	f.Add([]byte(`{"runs":[{"seq":9},{"seq":1}],"doubts":[{"runs":9}],"standings":[{}]}`), []byte("{}"), "governance.successive-audits")
	f.Fuzz(func(t *testing.T, fact, reference []byte, id string) {
		at := slices.IndexFunc(all, func(c scanner.Check) bool { return c.ID == id })
		if at < 0 || !json.Valid(fact) || !json.Valid(reference) {
			return
		}
		finding := all[at].Evaluate(blank(all[at], string(fact)), nil, beside(all[at], string(reference))...)
		if finding.Reason == "check-error" && !strings.HasPrefix(finding.Values["error"], "read fact") {
			t.Fatalf("%s breaks on %s: %s", id, fact, finding.Values["error"])
		}
	})
}
