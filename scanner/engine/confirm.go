// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"slices"
	"time"

	"carescan/scanner"
)

// confirm looks again at what a first look found failing, once, and returns
// what it saw (exposure-checks.md section 1.2). A failure that could not be
// looked at again stays unconfirmed, and the judgement says so.
func (e Engine) confirm(ctx context.Context, plan scanner.Plan, first []seen) []seen {
	atOnce, later := doubtful(plan, first)
	results := e.lookAll(ctx, plan, looksAt(tasksOf(atOnce), 1))
	if len(later) == 0 || !e.wait(ctx, latest(later).Add(e.ConfirmAfter)) {
		return results
	}
	return append(results, e.lookAll(ctx, plan, looksAt(tasksOf(later), 1))...)
}

// doubtful sorts the looks that have to be confirmed by how.
func doubtful(plan scanner.Plan, first []seen) (atOnce, later []seen) {
	var all []scanner.Observation
	for _, s := range first {
		all = append(all, s.observations...)
	}
	doubts := plan.Doubts(all)
	needs := func(s seen, how scanner.Confirmation) bool {
		return slices.ContainsFunc(s.observations, func(o scanner.Observation) bool { return doubts[o.ID] == how })
	}
	for _, s := range first {
		switch {
		case needs(s, scanner.ConfirmLater):
			later = append(later, s)
		case needs(s, scanner.ConfirmAtOnce):
			atOnce = append(atOnce, s)
		}
	}
	return atOnce, later
}

func tasksOf(looks []seen) []scanner.Task {
	var tasks []scanner.Task
	for _, s := range looks {
		tasks = append(tasks, s.task)
	}
	return tasks
}

// latest is the moment the last of some looks began.
func latest(looks []seen) time.Time {
	var at time.Time
	for _, s := range looks {
		for _, o := range s.observations {
			if o.At.After(at) {
				at = o.At
			}
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
