// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"carescan/cmd/agent/internal/door"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner"
	"carescan/scanner/engine"
)

// The most that a healthy signed domain may cost: its first looks, and what confirms
// them beside that.
const (
	maxFirstQueries  = 60
	maxSecondQueries = 15
)

// TestSignedDomainIsCheap counts, on the wire, what all the looks at a signed domain
// with mail cost, the guard's own look-ups, retries and TCP included.
func TestSignedDomainIsCheap(t *testing.T) {
	w := newSignedWorld(t)
	run, first := w.look(t)
	for _, o := range run.Observations {
		if !o.Whole() {
			t.Errorf("%s is %s: %+v", o.Kind, o.Status, o.Unread)
		}
	}
	if len(first) > maxFirstQueries {
		t.Errorf("%d queries for one domain, want at most %d", len(first), maxFirstQueries)
	}
	t.Logf("%d queries:\n%s", len(first), strings.Join(slices.Sorted(slices.Values(first)), "\n"))
}

func (w *signedWorld) look(t *testing.T, change ...func(*scanner.Plan)) (scanner.Run, []string) {
	t.Helper()
	before := len(w.asked())
	r := Runner{Config: w.config()}
	plan, err := Plan(r.Config, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	plan.Tasks = slices.DeleteFunc(plan.Tasks, func(task scanner.Task) bool { return task.Target.Kind != scanner.KindDomain })
	plan.Checks = nil
	for _, c := range change {
		c(&plan)
	}
	network, err := door.Open(r.Config, plan.Scope, sources.Endpoints(r.Config.Targets))
	if err != nil {
		t.Fatal(err)
	}
	defer network.Stop()
	probes, _, err := r.probes()
	if err != nil {
		t.Fatal(err)
	}
	e := engine.Engine{Probes: probes, Network: network, ConfirmAfter: time.Millisecond}
	return e.Run(context.Background(), plan), w.asked()[before:]
}

func TestSecondLooksAreCheap(t *testing.T) {
	w := newSignedWorld(t)
	_, first := w.look(t)
	r := Runner{Config: w.config()}
	plan, err := Plan(r.Config, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	run, all := w.look(t, func(p *scanner.Plan) { p.Checks = plan.Checks })
	for _, f := range run.Findings {
		if f.Outcome == scanner.Fail || f.Outcome == scanner.Inconclusive {
			t.Logf("%s %s %s", f.Check, f.Outcome, f.Reason)
		}
	}
	left := slices.Clone(all)
	for _, q := range first {
		if i := slices.Index(left, q); i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
	}
	if len(all)-len(first) > maxSecondQueries {
		t.Errorf("%d queries more in second looks, want at most %d", len(all)-len(first), maxSecondQueries)
	}
	t.Logf("%d and %d queries:\n%s", len(first), len(all)-len(first), strings.Join(slices.Sorted(slices.Values(left)), "\n"))
}
