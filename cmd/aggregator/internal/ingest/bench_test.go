// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// crowdedRegion is a region of establishments that each looked for some nights.
func crowdedRegion(b *testing.B, establishments, nights int) *regiontest.Region {
	b.Helper()
	r := regiontest.NewJudging(b)
	for n := range establishments {
		finess := finessOf(b, n)
		r.Establishment(finess, "CHU")
		a := r.Enrol(finess)
		for night := range nights {
			a.Deliver(regiontest.Crowded(b, a.Site, someNight.AddDate(0, 0, night)))
		}
	}
	return r
}

var someNight = time.Date(2026, time.October, 1, 2, 0, 0, 0, time.UTC)

// finessOf makes the number of the nth establishment, with its Luhn key.
func finessOf(b testing.TB, n int) scanner.FINESS {
	b.Helper()
	for key := range 10 {
		if finess, _, err := scanner.ParseFINESS(fmt.Sprintf("69%06d%d", n, key)); err == nil {
			return finess
		}
	}
	b.Fatal("no key")
	return ""
}

// BenchmarkRejudge judges bundles of some 500 findings again, and tells what 3 000 of
// them cost of processor time and, on a machine that does nothing else, of time.
func BenchmarkRejudge(b *testing.B) {
	const establishments, nights = 10, 4
	r := crowdedRegion(b, establishments, nights)
	var cpu time.Duration
	bundles := 0
	for b.Loop() {
		before := processorTime(b)
		_, n, err := ingest.Rejudge(b.Context(), r.Store, r.Judge, false)
		if err != nil {
			b.Fatal(err)
		}
		cpu += processorTime(b) - before
		bundles += n
	}
	b.ReportMetric(cpu.Seconds()/float64(bundles)*3000, "cpu-s/3000")
	b.ReportMetric(b.Elapsed().Seconds()/float64(bundles)*3000, "s/3000")
}

// processorTime is what this process took so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkArrival has agents send their bundles, of some 500 findings, all at once while
// a person reads pages: how many come in a second, what each costs, and how long what
// a page asks of the store takes.
func BenchmarkArrival(b *testing.B) {
	const agents, nights = 8, 4
	var cpu, took time.Duration
	var pages []time.Duration
	for b.Loop() {
		r := regiontest.NewJudging(b)
		var herd sync.WaitGroup
		var puts []func()
		for n := range agents {
			a := r.Enrol(r.Establishment(finessOf(b, n), "CHU").FINESS)
			put := sealedNights(b, a, nights)
			puts = append(puts, put)
		}
		start, before := time.Now(), processorTime(b)
		for _, put := range puts {
			herd.Go(put)
		}
		done := make(chan struct{})
		go func() { herd.Wait(); close(done) }()
		pages = append(pages, readPages(b, r, done)...)
		took += time.Since(start)
		cpu += processorTime(b) - before
	}
	slices.Sort(pages)
	b.ReportMetric(float64(b.N*agents*nights)/took.Seconds(), "bundles/s")
	b.ReportMetric(cpu.Seconds()*1000/float64(b.N*agents*nights), "cpu-ms/bundle")
	b.ReportMetric(float64(pages[len(pages)*95/100].Milliseconds()), "page-p95-ms")
}

// sealedNights seals the bundles of an agent and returns how to send them.
func sealedNights(b *testing.B, a *regiontest.Agent, nights int) (put func()) {
	b.Helper()
	ids, sealed := make([]string, nights), make([][]byte, nights)
	for night := range nights {
		h := a.Header()
		ids[night] = h.ID
		sealed[night] = a.Seal(h, regiontest.Crowded(b, a.Site, someNight.AddDate(0, 0, night)))
	}
	return func() {
		for n, raw := range sealed {
			for a.Put(ids[n], raw).Status != http.StatusCreated { // it may be told to come back
				runtime.Gosched()
			}
		}
	}
}

// readPages does what pages do with the store until the herd is through, and tells how
// long each took.
func readPages(b *testing.B, r *regiontest.Region, done <-chan struct{}) (took []time.Duration) {
	b.Helper()
	for n := 0; ; n++ {
		select {
		case <-done:
			return took
		default:
		}
		start := time.Now()
		if _, err := r.Store.Standings(b.Context(), store.Region()); err != nil {
			b.Fatal(err)
		}
		if err := r.Store.Sessions().CommitCtx(b.Context(), "one", fmt.Append(nil, n), start.Add(time.Hour)); err != nil {
			b.Fatal(err)
		}
		if err := r.Store.Audit(b.Context(), store.Deed{At: start, Actor: "somebody", Action: "page"}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
		<-time.After(10 * time.Millisecond)
	}
}
