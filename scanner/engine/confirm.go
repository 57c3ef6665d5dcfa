// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"time"

	"carescan/scanner"
)

// confirm looks again at what a first look found failing, once, and returns
// what it saw (exposure-checks.md section 1.2). A failure that could not be
// looked at again stays unconfirmed, and the judgement says so.
func (e Engine) confirm(ctx context.Context, plan scanner.Plan, first []seen) []seen {
	doubts := plan.Doubts(observationsOf(first))
	results := e.lookAll(ctx, plan, secondLooks(first, doubts, scanner.ConfirmAtOnce))
	later := secondLooks(first, doubts, scanner.ConfirmLater)
	if len(later) == 0 || !e.wait(ctx, latest(later).Add(e.ConfirmAfter)) {
		return results
	}
	return append(results, e.lookAll(ctx, plan, later)...)
}

// secondLooks are those to be made in one of the ways; the longer way wins when a
// look brought several facts.
func secondLooks(first []seen, doubts map[string]scanner.Doubt, how scanner.Confirmation) []assignment {
	var looks []assignment
	for _, s := range first {
		again, way := inDoubt(s, doubts)
		if way == how {
			looks = append(looks, assignment{task: s.task, again: again, after: s.at})
		}
	}
	return looks
}

// inDoubt are the parts of each kind of fact to be looked at again, and how.
func inDoubt(s seen, doubts map[string]scanner.Doubt) (again map[string][]string, how scanner.Confirmation) {
	again = map[string][]string{}
	for _, o := range s.observations {
		doubt, ok := doubts[o.ID]
		if !ok {
			continue
		}
		if how != scanner.ConfirmLater {
			how = doubt.How
		}
		// A look may bring several facts of one kind: each may need other parts.
		if known, ok := again[o.Kind]; ok && (len(known) == 0 || len(doubt.Parts) == 0) {
			again[o.Kind] = nil
			continue
		}
		again[o.Kind] = append(again[o.Kind], doubt.Parts...)
	}
	return again, how
}

func observationsOf(looks []seen) []scanner.Observation {
	var all []scanner.Observation
	for _, s := range looks {
		all = append(all, s.observations...)
	}
	return all
}

// latest is the moment the last of the looks to confirm began.
func latest(looks []assignment) time.Time {
	var at time.Time
	for _, l := range looks {
		if l.after.After(at) {
			at = l.after
		}
	}
	return at
}

// wait tells whether a moment was reached before the run was stopped.
func (e Engine) wait(ctx context.Context, until time.Time) bool {
	left := until.Sub(e.Clock())
	if left <= 0 {
		return ctx.Err() == nil
	}
	if e.Progress != nil {
		e.Progress(Progress{Until: until})
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
