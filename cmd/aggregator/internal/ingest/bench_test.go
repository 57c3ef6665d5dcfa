// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
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
func finessOf(b *testing.B, n int) scanner.FINESS {
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
