// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// TestReplayKeepsTheOrder: what follows from bundles is derived in the order they came.
// One that cannot be judged leaves its establishment as it was.
func TestReplayKeepsTheOrder(t *testing.T) { storetest.Each(t, testReplayKeepsTheOrder) }

func testReplayKeepsTheOrder(t *testing.T) {
	r, a := judging(t)
	start := time.Now().UTC().Add(-24 * time.Hour)
	results := []fact.TransferResult{fact.TransferDelivered, fact.TransferRefused}
	var last scanner.Run
	for n := range 12 {
		last = regiontest.Looked(t, a.Site, start.Add(time.Duration(n)*time.Hour), scanner.VantageInternet, results[n%3/2])
		if n > 8 { // it lies, and goes on
			transfer(&last).Severity = scanner.Low
		}
		a.Deliver(last)
	}
	tables := append(regiontest.Projections(), "disagreement")
	before := r.Rows(tables...)
	if n, err := ingest.Rebuild(t.Context(), r.Store, uneven{truth: r.Judge}); n != 12 || err != nil {
		t.Fatalf("%d bundles read, %v", n, err)
	}
	if diff := cmp.Diff(before, r.Rows(tables...)); diff != "" {
		t.Errorf("projections (-arrival +replay):\n%s", diff)
	}
	if _, err := ingest.Rebuild(t.Context(), r.Store, uneven{r.Judge, last.ID}); !errors.Is(err, errUneven) {
		t.Fatalf("a bundle that cannot be judged: %v", err)
	}
	if diff := cmp.Diff(before, r.Rows(tables...)); diff != "" {
		t.Errorf("a replay that failed changed (-before +after):\n%s", diff)
	}
}

// TestArrivalsDuringReplay: whoever judges again holds no writer meanwhile, and what
// arrives until it writes is in what it writes.
func TestArrivalsDuringReplay(t *testing.T) {
	r, a := judging(t)
	start := time.Now().UTC().Add(-24 * time.Hour)
	a.Deliver(regiontest.Looked(t, a.Site, start, scanner.VantageInternet, fact.TransferDelivered))
	judge := meeting{r.Judge, make(chan struct{}), make(chan struct{})}
	done := make(chan error)
	go func() {
		_, err := ingest.Rebuild(t.Context(), r.Store, judge)
		done <- err
	}()
	<-judge.begun
	a.Deliver(regiontest.Looked(t, a.Site, start.Add(time.Hour), scanner.VantageInternet, fact.TransferRefused))
	if err := r.Store.Audit(t.Context(), store.Deed{At: start, Actor: "somebody", Action: "page"}); err != nil {
		t.Error(err)
	}
	before := r.Rows(regiontest.Projections()...)
	close(judge.goOn)
	<-judge.begun
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, r.Rows(regiontest.Projections()...)); diff != "" {
		t.Errorf("projections (-arrivals +replay):\n%s", diff)
	}
}

// meeting tells that it begins a judgement, and waits before it goes on.
type meeting struct {
	truth ingest.Judge
	begun chan struct{}
	goOn  chan struct{}
}

// Judge implements ingest.Judge.
func (m meeting) Judge(run scanner.Run, profile string) (store.Judged, error) {
	m.begun <- struct{}{}
	<-m.goOn
	return m.truth.Judge(run, profile)
}

var errUneven = errors.New("not this one")

// uneven takes another time for each run, and refuses one.
type uneven struct {
	truth   ingest.Judge
	refused string
}

// Judge implements ingest.Judge.
func (u uneven) Judge(run scanner.Run, profile string) (store.Judged, error) {
	for range rand.IntN(2000) {
		runtime.Gosched()
	}
	if run.ID == u.refused {
		return store.Judged{}, errUneven
	}
	return u.truth.Judge(run, profile)
}
