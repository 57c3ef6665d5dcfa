// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

// doorPage is a page of the tests, with words of its own for one reason of each
// sort.
func doorPage() scanner.Paper {
	return scanner.Paper{
		Fix: "Shut the door.", Conclude: "Look again.",
		Reasons: map[string]scanner.Reason{
			"open": {Headline: "The door is open", Message: "Open."}, "jammed": {Headline: "The door is jammed", Message: "Jammed.", Remedy: "Oil it."},
			"dark": {Message: "Dark."}, "locked": {Message: "Locked.", Remedy: "Bring the key."}, "shut": {Message: "Shut."},
		},
	}
}

// TestRemedyBelongsToItsReason holds what is asked of a reader: to correct what
// was seen, to allow a verdict that is lacking, and nothing otherwise.
func TestRemedyBelongsToItsReason(t *testing.T) {
	for name, c := range map[string]struct {
		verdict       scanner.Verdict
		headline, fix string
	}{
		"fail":            {scanner.Failed("open", nil), "The door is open", "Shut the door."},
		"fail_own":        {scanner.Failed("jammed", nil), "The door is jammed", "Oil it."},
		"unknown":         {scanner.Unknown("dark", nil), "", "Look again."},
		"unknown_own":     {scanner.Unknown("locked", nil), "", "Bring the key."},
		"unknown_open":    {scanner.Unknown("open", nil), "", "Look again."},
		"passed":          {scanner.Passed("shut", nil), "", ""},
		"not_applicable":  {scanner.Exempt("shut", nil), "", ""},
		"framework_wins":  {scanner.Unknown("wrong-vantage", nil), "", "Run this scan from"},
		"framework_again": {scanner.Unknown("not-confirmed", nil), "", "Scan again"},
	} {
		t.Run(name, func(t *testing.T) {
			check := doorCheck("exposure.door", func(scanner.Case[limits], door) scanner.Verdict { return c.verdict })
			check.Papers = scanner.Papers{FR: doorPage(), EN: doorPage()}
			f := check.Evaluate(observed(t, door{}, nil), nil)
			if f.Headline.EN != c.headline || !strings.HasPrefix(f.Fix.EN, c.fix) || (c.fix == "") != (f.Fix.FR == "") {
				t.Errorf("headline %q, remedy %q, want %q and %q", f.Headline.EN, f.Fix.EN, c.headline, c.fix)
			}
		})
	}
}

// What a fact says it lacks is remedied by its causes, whatever the page says.
func TestRemedyOfWhatAFactLacks(t *testing.T) {
	check := doorCheck("exposure.door", func(scanner.Case[limits], door) scanner.Verdict {
		v := scanner.Unknown("locked", nil)
		v.Causes = scanner.Causes{{Code: scanner.CauseFileEmpty}}
		return v
	})
	check.Papers = scanner.Papers{FR: doorPage(), EN: doorPage()}
	if got, want := check.Evaluate(observed(t, door{}, nil), nil).Fix, (scanner.Cause{Code: scanner.CauseFileEmpty}).Remedy(); got != want {
		t.Errorf("remedy %+v, want %+v", got, want)
	}
}

// A failure that a second look must confirm asks for that look, not for a repair.
func TestDoubtAsksForAnotherLook(t *testing.T) {
	check := doorCheck("exposure.door", judgeDoor)
	check.Confirm, check.Papers = scanner.ConfirmLater, scanner.Papers{FR: doorPage(), EN: doorPage()}
	f := check.Conclude([]scanner.Observation{observed(t, door{Open: true}, nil)}, nil)
	if f.Headline != (scanner.Text{}) || !strings.Contains(f.Fix.EN, "second look") || !strings.Contains(f.Message.EN, "Open.") {
		t.Errorf("finding is %+v", f)
	}
}

func TestUndeclared(t *testing.T) {
	want := scanner.Source{Words: scanner.Text{FR: "annuaires techniques", EN: "technical directories"}, Key: "directories"}
	check := scanner.Check{ID: "mfa.x", Judge: scanner.Judge{Fact: "directory"}}
	f := check.Unobserved(scanner.DomainTarget("chu.test"))
	if got, lacks := f.Undeclared(); !lacks || got != want || !strings.Contains(f.Fix.FR, "directories") {
		t.Errorf("source is %+v, %t; remedy %q", got, lacks, f.Fix.FR)
	}
	f.Values = scanner.Values{"fact": "directory"} // as sealed before findings named their source
	if got, lacks := f.Undeclared(); !lacks || got != want {
		t.Errorf("source of an old finding is %+v, %t", got, lacks)
	}
	f.Reason = "dark"
	if _, lacks := f.Undeclared(); lacks {
		t.Error("a source that was seen is said to lack")
	}
}

func TestHeading(t *testing.T) {
	title, headline := scanner.Text{FR: "La porte est fermée", EN: "The door is shut"}, scanner.Text{FR: "La porte est ouverte", EN: "The door is open"}
	for name, c := range map[string]struct {
		finding scanner.Finding
		want    scanner.Text
	}{
		"fail":     {scanner.Finding{Outcome: scanner.Fail, Title: title, Headline: headline}, headline},
		"old_fail": {scanner.Finding{Outcome: scanner.Fail, Title: title}, scanner.Text{FR: "Non conforme\u00a0: La porte est fermée", EN: "Not met: The door is shut"}},
		"pass":     {scanner.Finding{Outcome: scanner.Pass, Title: title}, title},
		"doubt":    {scanner.Finding{Outcome: scanner.Inconclusive, Title: title}, title},
	} {
		if got := c.finding.Heading(); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestEachSourceIsSaidOnce: sixty-five checks that wait for three sources are three
// lines.
func TestEachSourceIsSaidOnce(t *testing.T) {
	var findings []scanner.Finding
	for _, kind := range []string{"web-site", "directory", "products", "template-matches", "unheard-of"} {
		findings = append(findings, scanner.Check{ID: "x." + kind, Judge: scanner.Judge{Fact: kind}}.Unobserved(scanner.DomainTarget("chu.test")))
	}
	findings = append(findings, scanner.Finding{Reason: "dark"})
	var got []string
	for _, lack := range scanner.Lacks(findings) {
		got = append(got, lack.Sentence().FR, lack.Sentence().EN)
	}
	want := []string{
		"Annuaires techniques\u00a0: rien n'est déclaré (1\u00a0vérification sans objet pour l'instant). À déclarer sous «\u00a0directories\u00a0» dans agent.yaml.",
		`Technical directories: nothing is declared (1 check without object for now). To be declared under "directories" in agent.yaml.`,
		"Sites web\u00a0: rien n'est déclaré (3\u00a0vérifications sans objet pour l'instant). À déclarer sous «\u00a0targets.sites\u00a0» dans agent.yaml.",
		`Web sites: nothing is declared (3 checks without object for now). To be declared under "targets.sites" in agent.yaml.`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
