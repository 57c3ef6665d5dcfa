// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

// looks turns "open", "shut" and "unseen" into observations ten minutes apart.
func looks(t *testing.T, words ...string) []scanner.Observation {
	t.Helper()
	var list []scanner.Observation
	for i, word := range words {
		list = append(list, observed(t, door{Open: word == "open"}, func(o *scanner.Observation) {
			o.At = o.At.Add(time.Duration(i) * scanner.ConfirmDelay)
			if word == "unseen" {
				o.Status, o.Fact, o.Error = scanner.StatusError, nil, "it was dark"
			}
		}))
	}
	return list
}

func TestConclude(t *testing.T) {
	for name, test := range map[string]struct {
		confirm scanner.Confirmation
		looks   string
		want    string
	}{
		"believed-at-once":            {"", "open", "fail open"},
		"last-look-counts":            {"", "open shut", "pass shut"},
		"shut":                        {scanner.ConfirmLater, "shut", "pass shut"},
		"seen-once":                   {scanner.ConfirmLater, "open", "inconclusive unconfirmed"},
		"seen-twice":                  {scanner.ConfirmAtOnce, "open open", "fail open"},
		"closed-meanwhile":            {scanner.ConfirmLater, "open shut", "inconclusive not-confirmed"},
		"opened-meanwhile":            {scanner.ConfirmLater, "shut open", "inconclusive not-confirmed"},
		"second-look-failed":          {scanner.ConfirmLater, "open unseen", "inconclusive not-confirmed"},
		"failure-only-in-the-second":  {scanner.ConfirmLater, "unseen open", "inconclusive not-confirmed"},
		"pass-then-unseen":            {scanner.ConfirmLater, "shut unseen", "pass shut"},
		"unseen-then-pass":            {scanner.ConfirmLater, "unseen shut", "pass shut"},
		"unseen-needs-no-second-look": {scanner.ConfirmLater, "unseen", "inconclusive not-observed"},
	} {
		t.Run(name, func(t *testing.T) {
			check := doorCheck("exposure.door", judgeDoor)
			check.Confirm = test.confirm
			seen := looks(t, strings.Fields(test.looks)...)
			f := check.Conclude(seen, nil)
			if got := string(f.Outcome) + " " + f.Reason; got != test.want {
				t.Errorf("concluded %q, want %q", got, test.want)
			}
			if len(f.Observations) != len(seen) && f.Outcome == scanner.Fail {
				t.Errorf("a failure rests on %d observations of %d", len(f.Observations), len(seen))
			}
		})
	}
}

func TestDoubts(t *testing.T) {
	plan := doorPlan()
	plan.Checks[0].Confirm = scanner.ConfirmAtOnce
	slow := doorCheck("exposure.slow", judgeDoor)
	slow.Confirm = scanner.ConfirmLater
	once, shut, twice := looks(t, "open"), looks(t, "shut"), looks(t, "open", "open")
	if got := plan.Doubts(append(shut, twice...)); len(got) != 0 {
		t.Errorf("doubts = %v, want none about a pass or a confirmed failure", got)
	}
	if diff := cmp.Diff(map[string]scanner.Confirmation{once[0].ID: scanner.ConfirmAtOnce}, plan.Doubts(once)); diff != "" {
		t.Errorf("doubts (-want +got):\n%s", diff)
	}
	plan.Checks = append(plan.Checks, scanner.PlannedCheck{Check: slow})
	if got := plan.Doubts(once)[once[0].ID]; got != scanner.ConfirmLater {
		t.Errorf("confirmed %q, want the longer of two ways", got)
	}
}

func TestJudge_aFailureSeenOnceNeverFails(t *testing.T) {
	plan := doorPlan()
	plan.Checks[0].Confirm = scanner.ConfirmLater
	hold(t, func(w world) bool {
		seen := map[string]int{}
		for _, o := range w.Observations {
			seen[o.Target.ID]++
		}
		for _, f := range plan.Judge(w.Observations).Findings {
			if f.Outcome == scanner.Fail && seen[f.Target.ID] < 2 {
				return false
			}
		}
		return true
	})
}
