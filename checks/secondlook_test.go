// SPDX-License-Identifier: Apache-2.0

package checks_test

import (
	"testing"
	"time"

	"carescan/checks"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// sitesSeen are two looks at a site by templates, two in each group: the second look asks
// again only for those that the first one recognised, and one of them may be gone.
func sitesSeen(t *testing.T, matched, gone bool) []scanner.Observation {
	t.Helper()
	var looks []scanner.Observation
	for attempt := range 2 {
		seen := fact.Templates{Engine: "x"}
		for _, group := range fact.TemplateGroups() {
			found := fact.TemplateRun{ID: group + "-1", Name: group, Group: group, Ran: true, Matched: matched && (attempt == 0 || !gone), Severity: "high", URL: "https://www.chu.test/" + group}
			absent := fact.TemplateRun{ID: group + "-2", Name: group, Group: group, Ran: true}
			if attempt == 1 {
				absent.Ran, absent.Error = false, "not asked again"
				if !matched {
					found.Ran, found.Error = false, "not asked again"
				}
			}
			seen.Ran = append(seen.Ran, found, absent)
		}
		o, err := scanner.Saw(scanner.Target{Kind: scanner.KindSite, ID: "https://www.chu.test"}, seen)
		if err != nil {
			t.Fatal(err)
		}
		o.Vantage, o.At = scanner.VantageInternet, time.Date(2026, 11, 30, 8, 10*attempt, 0, 0, time.UTC)
		looks = append(looks, o.Identify())
	}
	return looks
}

// Of a template that a confirming look did not ask for, the first look stands: nothing
// passes, and nothing changes, for want of a question.
func TestTemplatesNotAskedAgain(t *testing.T) {
	judged := 0
	for _, check := range checks.All() {
		if check.Judge.Fact != (fact.Templates{}).FactKind() {
			continue
		}
		judged++
		for name, test := range map[string]struct {
			matched, gone bool
			confirmed     bool
		}{
			"matched-twice": {true, false, true},
			"matched-once":  {true, true, false},
			"absent":        {false, false, true},
		} {
			t.Run(check.ID+"/"+name, func(t *testing.T) {
				looks := sitesSeen(t, test.matched, test.gone)
				first, concluded := check.Evaluate(looks[0], nil), check.Conclude(looks, nil)
				if test.confirmed && (concluded.Outcome != first.Outcome || concluded.Reason != first.Reason) {
					t.Errorf("concluded %s (%s), want what the first look said: %s (%s)", concluded.Outcome, concluded.Reason, first.Outcome, first.Reason)
				}
				if !test.confirmed && first.Outcome == scanner.Fail && (concluded.Outcome != scanner.Inconclusive || concluded.Reason != "not-confirmed") {
					t.Errorf("concluded %s (%s), want a failure that one look only has seen", concluded.Outcome, concluded.Reason)
				}
				if test.gone && concluded.Outcome == scanner.Pass {
					t.Error("a look that asked little passes")
				}
			})
		}
	}
	if judged < len(fact.TemplateGroups()) {
		t.Errorf("%d checks of templates", judged)
	}
}
