// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"context"
	"runtime"
	"testing"
	"time"

	"carescan/cmd/agent/internal/door"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner"
	"carescan/scanner/engine"
)

// lookAt looks at the DNS and the mail of some domains, every way there is.
func lookAt(tb testing.TB, w *world, count int) scanner.Run {
	tb.Helper()
	r := Runner{Config: w.configOf(count)}
	plan, err := Plan(r.Config, time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	plan.Tasks = domainsOnly(plan.Tasks)
	plan.Checks = nil // nothing is judged wrong, so that nothing is looked at twice
	network, err := door.Open(r.Config, plan.Scope, sources.Endpoints(r.Config.Targets))
	if err != nil {
		tb.Fatal(err)
	}
	defer network.Stop()
	probes, _, err := r.probes()
	if err != nil {
		tb.Fatal(err)
	}
	e := engine.Engine{Probes: probes, Network: network, ConfirmAfter: time.Millisecond}
	return e.Run(context.Background(), plan)
}

// maxQueries is what a healthy domain may cost, its DNS and its mail together.
const maxQueries = 60

func TestHealthyDomainIsCheap(t *testing.T) {
	w := newWorld(t)
	lookAt(t, w, 1)
	if got := w.queries.Load(); got > maxQueries {
		t.Errorf("%d queries for one domain, want at most %d", got, maxQueries)
	} else {
		t.Logf("%d queries for one domain", got)
	}
}

// BenchmarkDomains tells what many domains cost: queries for each, what is kept
// of each until the bundle is sealed, and how the memory held once it is let go
// grows from a hundred domains to a thousand.
func BenchmarkDomains(b *testing.B) {
	for b.Loop() {
		w := newWorld(b)
		_, few := held(b, w, 100)
		before := w.queries.Load()
		seen, many := held(b, w, 1000)
		b.ReportMetric(float64(w.queries.Load()-before)/1000, "queries/domain")
		b.ReportMetric(float64(seen-many)/1000/1000, "kB-seen/domain")
		b.ReportMetric(float64(many)/float64(few), "memory-1000/100")
	}
}

// held is the memory held at the end of a run over some domains, before and
// after what it saw is let go.
func held(b *testing.B, w *world, count int) (with, without uint64) {
	b.Helper()
	run := lookAt(b, w, count)
	if run.Status == scanner.RunFailed {
		b.Fatal("the run saw nothing")
	}
	with = heap()
	runtime.KeepAlive(run)
	return with, heap()
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
