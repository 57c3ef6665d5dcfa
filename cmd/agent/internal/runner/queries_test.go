// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
		t.Errorf("%d queries for one domain, want at most %d:\n%s", len(first), maxFirstQueries, strings.Join(slices.Sorted(slices.Values(first)), "\n"))
	} else {
		t.Logf("%d queries for one domain", len(first))
	}
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

// TestSecondLooksAreCheap: what confirms the faults of a domain asks for what is in
// doubt, and they are confirmed.
func TestSecondLooksAreCheap(t *testing.T) {
	w := newSignedWorld(t)
	_, first := w.look(t)
	r := Runner{Config: w.config()}
	plan, err := Plan(r.Config, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	run, all := w.look(t, func(p *scanner.Plan) { p.Checks = plan.Checks })
	failed := map[string]string{}
	for _, f := range run.Findings {
		if f.Outcome == scanner.Fail {
			failed[f.Check] = f.Reason
		}
	}
	want := map[string]string{
		"exposure.dkim-keys": "ed25519-alone", "exposure.dmarc-policy": "observing-undated", "exposure.name-server-spread": "one-address", "exposure.private-addresses": "internal",
	}
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	if more := len(all) - len(first); more > maxSecondQueries {
		t.Errorf("%d queries more in second looks, want at most %d:\n%s", more, maxSecondQueries, strings.Join(slices.Sorted(slices.Values(all)), "\n"))
	} else {
		t.Logf("%d queries more in second looks", more)
	}
}
