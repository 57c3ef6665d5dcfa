// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"context"
	"runtime"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/engine"
)

// lookAt runs every look at the DNS and the mail of some domains, and judges.
func lookAt(tb testing.TB, w *world, count int) scanner.Run {
	tb.Helper()
	r := Runner{Config: w.configOf(count), Worker: []string{"/none"}}
	plan, err := Plan(r.Config, time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	plan.Tasks = domainsOnly(plan.Tasks)
	guard, err := r.guard(plan.Scope)
	if err != nil {
		tb.Fatal(err)
	}
	defer guard.Stop()
	probes, err := r.Probes()
	if err != nil {
		tb.Fatal(err)
	}
	e := engine.Engine{Probes: probes, Network: guard, ConfirmAfter: time.Millisecond}
	return e.Run(context.Background(), plan)
}

// maxQueries is what a healthy domain may cost, its DNS and its mail together.
const maxQueries = 60

func TestHealthyDomainIsCheap(t *testing.T) {
	w := newWorld(t)
	run := lookAt(t, w, 1)
	for _, f := range run.Findings {
		if f.Outcome == scanner.Fail {
			t.Logf("%s: %s", f.Check, f.Reason)
		}
	}
	if got := w.queries.Load(); got > maxQueries {
		t.Errorf("%d queries for one domain, want at most %d", got, maxQueries)
	} else {
		t.Logf("%d queries for one domain", got)
	}
}

// BenchmarkDomains tells what many domains cost: queries for each, and how the
// memory held at the end grows from a hundred domains to a thousand, what was
// seen left aside.
func BenchmarkDomains(b *testing.B) {
	for b.Loop() {
		w := newWorld(b)
		few := heldAfter(b, w, 100)
		before := w.queries.Load()
		many := heldAfter(b, w, 1000)
		b.ReportMetric(float64(w.queries.Load()-before)/1000, "queries/domain")
		b.ReportMetric(float64(many)/float64(few), "memory-1000/100")
		b.ReportMetric(float64(many)/1e6, "MB-held")
	}
}

// heldAfter is the memory held once a run over some domains was let go.
func heldAfter(b *testing.B, w *world, count int) uint64 {
	b.Helper()
	run := lookAt(b, w, count)
	if run.Status == scanner.RunFailed {
		b.Fatal("the run saw nothing")
	}
	run = scanner.Run{}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
