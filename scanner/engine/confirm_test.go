// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"carescan/scanner"
)

// doorCheck fails on an open door, and wants it confirmed.
func doorCheck(confirm scanner.Confirmation) scanner.PlannedCheck {
	judge := func(_ scanner.Case[struct{}], d door) scanner.Verdict {
		if d.Open {
			return scanner.Failed("open", nil)
		}
		return scanner.Passed("shut", nil)
	}
	return scanner.PlannedCheck{Check: scanner.Check{
		ID: "exposure.door", Severity: scanner.High, Confirm: confirm, Judge: scanner.Each(struct{}{}, judge),
	}}
}

// flapping opens the door on the looks of a list, by their attempt.
func flapping(looks *atomic.Int32, open ...bool) walker {
	w := brings()
	w.facts = []string{"door"}
	w.observe = func(ctx context.Context, _ scanner.Network, _ scanner.Target) ([]scanner.Sighting, error) {
		looks.Add(1)
		return []scanner.Sighting{{Fact: door{Open: open[scanner.Attempt(ctx)]}}}, nil
	}
	return w
}

func TestRun_confirmsFailures(t *testing.T) {
	for name, test := range map[string]struct {
		confirm scanner.Confirmation
		open    []bool
		looks   int32
		want    scanner.Outcome
	}{
		"shut":             {scanner.ConfirmLater, []bool{false, true}, 1, scanner.Pass},
		"believed":         {"", []bool{true, false}, 1, scanner.Fail},
		"confirmed":        {scanner.ConfirmAtOnce, []bool{true, true}, 2, scanner.Fail},
		"confirmed-later":  {scanner.ConfirmLater, []bool{true, true}, 2, scanner.Fail},
		"closed-meanwhile": {scanner.ConfirmAtOnce, []bool{true, false}, 2, scanner.Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			var looks atomic.Int32
			plan := planOf(scanner.Task{Probe: "walk", Target: chu})
			plan.Checks = []scanner.PlannedCheck{doorCheck(test.confirm)}
			e := engineWith(flapping(&looks, test.open...))
			e.Clock, e.ConfirmAfter = time.Now, time.Millisecond
			run := e.Run(t.Context(), plan)
			if looks.Load() != test.looks || run.Findings[0].Outcome != test.want {
				t.Errorf("%d looks, %s; want %d looks, %s", looks.Load(), run.Findings[0].Outcome, test.looks, test.want)
			}
			if int32(len(run.Observations)) != test.looks {
				t.Errorf("%d observations kept of %d looks", len(run.Observations), test.looks)
			}
		})
	}
}

func TestRun_waitsTenMinutesToConfirmLater(t *testing.T) {
	var looks atomic.Int32
	plan := planOf(scanner.Task{Probe: "walk", Target: chu})
	plan.Checks = []scanner.PlannedCheck{doorCheck(scanner.ConfirmLater)}
	e := engineWith(flapping(&looks, true, true))
	ctx, stop := context.WithCancel(t.Context())
	var until time.Time
	e.Progress = func(p Progress) {
		if !p.Until.IsZero() {
			until = p.Until
			stop() // nobody waits ten minutes for a test
		}
	}
	run := e.Run(ctx, plan)
	if want := run.Started.Add(10 * time.Minute); !until.Equal(want) {
		t.Errorf("waits until %s, want %s", until, want)
	}
	if looks.Load() != 1 || run.Findings[0].Outcome != scanner.Inconclusive || run.Findings[0].Reason != "unconfirmed" {
		t.Errorf("%d looks, %s (%s): a run stopped while it waits confirms nothing", looks.Load(), run.Findings[0].Outcome, run.Findings[0].Reason)
	}
}

// TestRun_looksAgainAtWhatFailed has a probe that brings two kinds of fact, of which
// one fails: only that one, and the part that its check reads, are looked at again.
func TestRun_looksAgainAtWhatFailed(t *testing.T) {
	check := doorCheck(scanner.ConfirmAtOnce)
	check.Reads = []string{"lock"}
	w := brings()
	w.facts = []string{"door", "wall"}
	w.observe = func(ctx context.Context, _ scanner.Network, _ scanner.Target) ([]scanner.Sighting, error) {
		if scanner.Attempt(ctx) == 0 {
			return []scanner.Sighting{{Fact: door{Open: true}}, {Fact: wall{}}}, nil
		}
		if scanner.Wanted(ctx, "wall", "") || scanner.Wanted(ctx, "door", "hinges") || !scanner.Wanted(ctx, "door", "lock") {
			t.Error("the second look is made for something else than the lock of the door")
		}
		return []scanner.Sighting{{Fact: door{Open: true}, Unread: []scanner.Gap{scanner.NotAgain("hinges")}}}, nil
	}
	plan := planOf(scanner.Task{Probe: "walk", Target: chu})
	plan.Checks = []scanner.PlannedCheck{check}
	run := engineWith(w).Run(t.Context(), plan)
	if run.Findings[0].Outcome != scanner.Fail || run.Status != scanner.RunComplete || len(run.Observations) != 3 {
		t.Errorf("%s, %s, %d observations; want a confirmed failure, a complete run, three observations",
			run.Findings[0].Outcome, run.Status, len(run.Observations))
	}
}

// wall is a kind of fact that no check reads.
type wall struct{}

func (wall) FactKind() string { return "wall" }
