// SPDX-License-Identifier: Apache-2.0

package reports_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/reports"
	"carescan/reports/internal/example"
	"carescan/reports/render/dossier"
	"carescan/reports/render/html"
	"carescan/reports/render/json"
	"carescan/reports/render/table"
	"carescan/scanner"
)

func document(t *testing.T) reports.Document {
	t.Helper()
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFindingsAskingMostComeFirst(t *testing.T) {
	var got []string
	for _, f := range document(t).Findings() {
		got = append(got, string(f.Outcome)+" "+string(f.Severity))
	}
	want := []string{
		"fail critical", "fail high", "fail medium", "fail low",
		"inconclusive high", "inconclusive high", "inconclusive medium",
		"pass high", "pass high", "pass high", "pass medium", "not_applicable high",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestGroupsHoldEveryFindingOnce(t *testing.T) {
	d := document(t)
	total := 0
	var outcomes []scanner.Outcome
	for _, g := range d.Groups() {
		outcomes = append(outcomes, g.Outcome)
		total += len(g.Findings)
	}
	if total != d.Told() {
		t.Errorf("%d findings in groups, %d are told", total, d.Told())
	}
	for _, lack := range d.Lacks() {
		total += len(lack.Findings)
	}
	if diff := cmp.Diff(scanner.Outcomes(), outcomes); diff != "" || total != len(d.Run.Findings) {
		t.Errorf("%d findings in groups and lacks (-want +got):\n%s", total, diff)
	}
}

func TestFindingLeadsToEvidenceControlsAndPeople(t *testing.T) {
	d := document(t)
	f := d.Findings()[0]
	if len(f.Evidence) != 1 || f.Evidence[0].Probe != "directory" {
		t.Errorf("evidence = %+v", f.Evidence)
	}
	if len(f.Controls) != 1 || f.Controls[0].ID != "acces" {
		t.Errorf("controls = %+v", f.Controls)
	}
	if len(f.People) != 2 || f.Why.FR == "" {
		t.Errorf("people = %+v, why = %+v", f.People, f.Why)
	}
	d.Names = nil
	if people := d.Findings()[0].People; people != nil {
		t.Errorf("without names, people = %+v", people)
	}
}

func TestFrameworksCountTheirControls(t *testing.T) {
	d := document(t)
	list := d.ByFramework()
	if len(list) != 3 || !list[0].IsHAS() || list[1].IsHAS() || !d.HasHAS() {
		t.Fatalf("frameworks = %+v", list)
	}
	want := []reports.Share{
		{State: scanner.NotSatisfied, Count: 1},
		{State: scanner.ControlInconclusive, Count: 1},
		{State: scanner.ToExamine, Count: 1},
		{State: scanner.Satisfied, Count: 1},
	}
	if diff := cmp.Diff(want, list[0].Shares()); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
}

func TestCatalogWithoutDescriptionShowsItsID(t *testing.T) {
	d := document(t)
	d.Run.Profile.Catalogs = nil
	if title := d.ByFramework()[0].Title; title.FR != "has-numerique" || title.EN != "has-numerique" {
		t.Errorf("title = %+v", title)
	}
}

// What was not declared is said by source, and is no gap of a look.
func TestGapsAreWhatWasNotWhollySeen(t *testing.T) {
	gaps := document(t).Gaps()
	if len(gaps) != 1 || slices.ContainsFunc(gaps, func(c scanner.Coverage) bool { return c.Status == scanner.StatusCompleted }) {
		t.Errorf("gaps = %+v", gaps)
	}
}

// lossy is the example when the artifacts of its first finding had no room.
func lossy(t *testing.T) (d reports.Document, dropped scanner.ArtifactRef) {
	t.Helper()
	d = document(t)
	f := d.Findings()[1]
	dropped = f.Evidence[0].Artifacts[0]
	d.Run.DropArtifacts(map[string]bool{dropped.Digest: true})
	dropped.Dropped = true
	return d, dropped
}

func TestLossesNameWhatIsNotKept(t *testing.T) {
	if list := document(t).Losses(); len(list) > 0 {
		t.Errorf("nothing was dropped, and these are lost: %v", list)
	}
	d, dropped := lossy(t)
	var checks []string
	for _, c := range d.Run.Coverage {
		if slices.Contains(c.Dropped, dropped) {
			checks = append(checks, c.Check)
		}
	}
	want := []reports.Loss{{Target: d.Findings()[1].Target, Pieces: []scanner.ArtifactRef{dropped}, Checks: checks}}
	if diff := cmp.Diff(want, d.Losses()); diff != "" || len(checks) == 0 {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	for _, format := range []struct {
		write func(io.Writer, reports.Document, scanner.Lang) error
		says  string
	}{
		{html.Write, "Pièces vues et jugées, mais non gardées faute de place"},
		{dossier.Write, "Pièces vues et jugées, mais non gardées faute de place"},
		{table.Write, "Pièces vues et jugées, mais non gardées faute de place"},
		{json.Write, `"dropped": [`},
	} {
		var out strings.Builder
		if err := format.write(&out, d, scanner.French); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), format.says) {
			t.Errorf("a report does not say %q", format.says)
		}
	}
}

func TestPiecesAreListedOnce(t *testing.T) {
	d := document(t)
	d.Run.Observations = append(d.Run.Observations, d.Run.Observations...)
	if pieces := d.Pieces(); len(pieces) != len(example.Run().Artifacts) {
		t.Errorf("%d pieces, want %d", len(pieces), len(example.Run().Artifacts))
	}
}

func TestMomentsAreWrittenInWords(t *testing.T) {
	paris := time.FixedZone("CET", 3600)
	cases := map[string]struct {
		at     time.Time
		fr, en string
	}{
		"first-of-month": {time.Date(2026, 8, 1, 0, 30, 0, 0, paris), "31 juillet 2026 à 23 h 30 (UTC)", "31 July 2026, 23:30 UTC"},
		"first":          {time.Date(2026, 8, 1, 9, 5, 0, 0, time.UTC), "1er août 2026 à 09 h 05 (UTC)", "1 August 2026, 09:05 UTC"},
		"winter":         {time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC), "24 décembre 2026 à 18 h 00 (UTC)", "24 December 2026, 18:00 UTC"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := reports.Moment(c.at, scanner.French); got != c.fr {
				t.Errorf("French = %q, want %q", got, c.fr)
			}
			if got := reports.Moment(c.at, scanner.English); got != c.en {
				t.Errorf("English = %q, want %q", got, c.en)
			}
		})
	}
	if got := reports.Date(time.Time{}, scanner.French); got != "date non précisée" {
		t.Errorf("missing date = %q", got)
	}
}

func TestEveryWordExistsInBothLanguages(t *testing.T) {
	words := []scanner.Text{}
	for _, k := range []scanner.TargetKind{
		scanner.KindDomain, scanner.KindService, scanner.KindHost, scanner.KindSite, scanner.KindDirectory,
		scanner.KindApplication, scanner.KindRegister, scanner.KindEstablishment,
	} {
		words = append(words, k.Label())
	}
	for _, v := range []scanner.Vantage{scanner.VantageInternet, scanner.VantageInside, scanner.VantageDeclared} {
		words = append(words, reports.VantageLabel(v))
	}
	for _, s := range []scanner.Status{scanner.StatusCompleted, scanner.StatusPartial, scanner.StatusError, scanner.StatusSkipped} {
		words = append(words, reports.StatusLabel(s))
	}
	for _, c := range []scanner.Confidence{scanner.Verified, scanner.Secondary, scanner.Known, scanner.NotFound} {
		words = append(words, reports.ConfidenceLabel(c))
	}
	seen := map[string]bool{}
	for _, w := range words {
		if w.FR == "" || w.EN == "" || seen[w.FR] {
			t.Errorf("words %+v are missing or not their own", w)
		}
		seen[w.FR] = true
	}
}

func TestAnchorsOfControlsFitInALink(t *testing.T) {
	if got := reports.AnchorControl("care d1", "é 1/B"); got != "control-care-d1---1-B" {
		t.Errorf("anchor = %q", got)
	}
}
