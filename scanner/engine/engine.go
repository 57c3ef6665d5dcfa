// SPDX-License-Identifier: Apache-2.0

// Package engine executes plans: it sends probes to look at targets, through
// the one guarded door to the network, turns what they saw into observations
// and has them judged by the checks of the plan.
package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"carescan/scanner"
)

// Engine executes plans. Only Probes and Network are needed.
type Engine struct {
	Probes  []scanner.Probe
	Network scanner.Network
	// Workers is how many looks may be under way at once, wherever they look; 0 means
	// 96 (docs/adr/0037-looks-by-place.md).
	Workers int
	// Timeout bounds one look, from the moment it begins: waiting for its turn at its
	// place, and for our own courtesy there, is no part of it. 0 means two minutes.
	Timeout time.Duration
	// ConfirmAfter is how long after a look the one that confirms its failures is
	// made, when that has to be later; 0 means scanner.ConfirmDelay.
	ConfirmAfter time.Duration
	Clock        func() time.Time // nil means time.Now
	Software     string           // name and version of the program
	// Progress, when set, is told how far the run is each time that changes, once at a
	// time. The run waits for it.
	Progress func(Progress)
}

const (
	defaultWorkers = 96
	defaultTimeout = 2 * time.Minute
)

// Run executes a plan. It always returns a run: what could not be seen is an
// observation that says so, and ending the context ends the looks, not the
// judgement. Observations are in the order of the plan.
func (e Engine) Run(ctx context.Context, plan scanner.Plan) scanner.Run {
	e.Workers, e.Timeout = cmp.Or(e.Workers, defaultWorkers), cmp.Or(e.Timeout, defaultTimeout)
	e.ConfirmAfter = cmp.Or(e.ConfirmAfter, scanner.ConfirmDelay)
	if e.Clock == nil {
		e.Clock = time.Now
	}
	if e.Progress == nil {
		e.Progress = func(Progress) {}
	}
	run := e.begin(plan)
	fill(&run, e.lookAll(ctx, plan))
	afford(&run)
	judge(&run, plan)
	run.Status = e.status(run.Observations)
	run.Ended = e.Clock().UTC()
	return run
}

func (e Engine) begin(plan scanner.Plan) scanner.Run {
	// Making a UUID fails only without random source, and crypto/rand has
	// ended the program by then.
	id, _ := uuid.NewV7()
	return scanner.Run{
		Schema: scanner.RunSchema, ID: id.String(), Establishment: plan.Establishment, Scope: plan.Scope,
		Vantage: plan.Vantage, Profile: plan.Profile, Software: e.Software, Started: e.Clock().UTC(),
		Observations: []scanner.Observation{}, Caveats: plan.Caveats, Lists: plan.Lists, Names: map[string]string{},
	}
}

// judge adds the judgement of the plan. A list is never null in the JSON form
// of a run.
func judge(run *scanner.Run, plan scanner.Plan) {
	j := plan.Judge(run.Observations)
	run.Findings = append([]scanner.Finding{}, j.Findings...)
	run.Coverage = append([]scanner.Coverage{}, j.Coverage...)
	run.Controls = append([]scanner.ControlResult{}, j.Controls...)
}

// assignment is one look to make.
type assignment struct {
	task scanner.Task
	// again, in a look that confirms another one, are the parts in doubt of each kind of
	// fact; no part stands for the whole fact.
	again map[string][]string
}

func (a assignment) context(ctx context.Context) context.Context {
	if a.again == nil {
		return ctx
	}
	return scanner.WithSecondLook(ctx, a.again)
}

// find returns the probe of a task.
func (e Engine) find(task scanner.Task) (scanner.Probe, error) {
	for _, p := range e.Probes {
		if p.Name() != task.Probe {
			continue
		}
		if p.TargetKind() != task.Target.Kind {
			return p, look{assignment: assignment{task: task}}.mistake(
				fmt.Errorf("probe %s looks at a %s, not at a %s", task.Probe, p.TargetKind(), task.Target.Kind))
		}
		return p, nil
	}
	return nil, scanner.NotSeen(scanner.CauseNoProbe, scanner.Values{scanner.ValueWhere: task.Probe},
		fmt.Errorf("this program has no probe called %q", task.Probe))
}

// fill puts together what the looks saw; equal artifacts are kept once.
func fill(run *scanner.Run, results []seen) {
	kept := map[string]bool{}
	for _, r := range results {
		run.Observations = append(run.Observations, r.observations...)
		maps.Copy(run.Names, r.names)
		for _, a := range r.artifacts {
			if !kept[a.Ref.Digest] {
				kept[a.Ref.Digest] = true
				run.Artifacts = append(run.Artifacts, a)
			}
		}
	}
}

// status is complete when everything was seen, and failed when nothing was:
// a run that looked at nothing proves nothing, whatever it remembers.
func (e Engine) status(observations []scanner.Observation) scanner.RunStatus {
	recalled := map[string]bool{}
	for _, p := range e.Probes {
		recalled[p.Name()] = p.Needs().Recalls
	}
	sighted := func(o scanner.Observation) bool { return len(o.Fact) > 0 && !recalled[o.Probe] }
	lacking := func(o scanner.Observation) bool { return !o.Whole() }
	switch {
	case !slices.ContainsFunc(observations, sighted):
		return scanner.RunFailed
	case slices.ContainsFunc(observations, lacking):
		return scanner.RunPartial
	}
	return scanner.RunComplete
}
