// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"context"
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
	if diff := cmp.Diff(map[string]scanner.Doubt{once[0].ID: {How: scanner.ConfirmAtOnce}}, plan.Doubts(once)); diff != "" {
		t.Errorf("doubts (-want +got):\n%s", diff)
	}
	plan.Checks = append(plan.Checks, scanner.PlannedCheck{Check: slow})
	if got := plan.Doubts(once)[once[0].ID]; got.How != scanner.ConfirmLater {
		t.Errorf("confirmed %v, want the longer of two ways", got)
	}
}

func TestDoubts_areAboutWhatTheFailingChecksRead(t *testing.T) {
	plan := doorPlan()
	plan.Checks[0].Confirm, plan.Checks[0].Reads = scanner.ConfirmAtOnce, []string{"lock"}
	other := doorCheck("exposure.hinges", judgeDoor)
	other.Confirm, other.Reads = scanner.ConfirmLater, []string{"hinges", "lock"}
	plan.Checks = append(plan.Checks, scanner.PlannedCheck{Check: other})
	seen := looks(t, "open")
	want := scanner.Doubt{How: scanner.ConfirmLater, Parts: []string{"hinges", "lock"}}
	if diff := cmp.Diff(want, plan.Doubts(seen)[seen[0].ID]); diff != "" {
		t.Errorf("doubt (-want +got):\n%s", diff)
	}
	whole := doorCheck("exposure.door-and-wall", judgeDoor)
	whole.Confirm = scanner.ConfirmAtOnce
	plan.Checks = append(plan.Checks, scanner.PlannedCheck{Check: whole})
	if got := plan.Doubts(seen)[seen[0].ID].Parts; got != nil {
		t.Errorf("parts %v in doubt, want the whole fact: one check reads it all", got)
	}
}

// A second look that left a part out says nothing of it.
func TestConclude_theFirstLookStandsWhereTheSecondHadNothingToConfirm(t *testing.T) {
	for name, test := range map[string]struct {
		reads   []string
		confirm scanner.Confirmation
		first   string
		want    string
	}{
		"pass":                     {[]string{"hinges"}, scanner.ConfirmLater, "shut", "pass shut"},
		"whole-fact":               {nil, scanner.ConfirmLater, "shut", "pass shut"},
		"believed-at-once":         {[]string{"hinges"}, "", "open", "fail open"},
		"a-failure-is-not-for-all": {[]string{"hinges"}, scanner.ConfirmLater, "open", "inconclusive unconfirmed"},
		"another-part":             {[]string{"lock"}, scanner.ConfirmLater, "open", "inconclusive not-confirmed"},
		"part-of-it":               {[]string{"hinges/upper"}, scanner.ConfirmLater, "shut", "pass shut"},
		"what-it-is-part-of":       {[]string{"lock", "hinge"}, scanner.ConfirmLater, "open", "inconclusive not-confirmed"},
	} {
		t.Run(name, func(t *testing.T) {
			check := doorCheck("exposure.door", judgeDoor)
			check.Confirm, check.Reads = test.confirm, test.reads
			second := looks(t, "shut", "shut")[1]
			second.Status, second.Unread = scanner.StatusPartial, []scanner.Gap{scanner.NotAgain("hinges")}
			if !second.Whole() {
				t.Error("a second look that left out what needed no confirmation is not whole")
			}
			f := check.Conclude([]scanner.Observation{looks(t, test.first)[0], second}, nil)
			if got := string(f.Outcome) + " " + f.Reason; got != test.want {
				t.Errorf("concluded %q, want %q", got, test.want)
			}
		})
	}
}

func TestWanted(t *testing.T) {
	second := scanner.WithSecondLook(t.Context(), map[string][]string{"door": {"lock"}, "wall": nil})
	for name, test := range map[string]struct {
		ctx        context.Context
		kind, part string
		want       bool
	}{
		"first-look":       {t.Context(), "window", "glass", true},
		"part-in-doubt":    {second, "door", "lock", true},
		"kind-in-doubt":    {second, "door", "", true},
		"other-part":       {second, "door", "hinges", false},
		"part-of-it":       {second, "door", "lock/bolt", true},
		"like-named":       {second, "door", "locksmith", false},
		"whole-in-doubt":   {second, "wall", "bricks", true},
		"kind-not-doubted": {second, "window", "", false},
	} {
		if got := scanner.Wanted(test.ctx, test.kind, test.part); got != test.want {
			t.Errorf("%s: %s %s wanted: %v", name, test.kind, test.part, got)
		}
	}
	if scanner.Attempt(second) != 1 {
		t.Error("a second look is not the second attempt")
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
