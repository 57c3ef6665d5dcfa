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

// TestReplayKeepsTheOrder: bundles are judged several at once, some faster than others,
// and what follows from them is derived in the order they came. One that cannot be
// judged undoes all.
func TestReplayKeepsTheOrder(t *testing.T) { storetest.Each(t, testReplayKeepsTheOrder) }

func testReplayKeepsTheOrder(t *testing.T) {
	r, a := judging(t)
	start := time.Now().UTC().Add(-24 * time.Hour)
	results := []fact.TransferResult{fact.TransferDelivered, fact.TransferRefused}
	var last scanner.Run
	for n := range 12 {
		last = regiontest.Looked(t, a.Site, start.Add(time.Duration(n)*time.Hour), scanner.VantageInternet, results[n%3/2])
		a.Deliver(last)
	}
	before := r.Rows(regiontest.Projections()...)
	if n, err := ingest.Rebuild(t.Context(), r.Store, uneven{truth: r.Judge}); n != 12 || err != nil {
		t.Fatalf("%d bundles read, %v", n, err)
	}
	if diff := cmp.Diff(before, r.Rows(regiontest.Projections()...)); diff != "" {
		t.Errorf("projections (-arrival +replay):\n%s", diff)
	}
	if _, err := ingest.Rebuild(t.Context(), r.Store, uneven{r.Judge, last.ID}); !errors.Is(err, errUneven) {
		t.Fatalf("a bundle that cannot be judged: %v", err)
	}
	if diff := cmp.Diff(before, r.Rows(regiontest.Projections()...)); diff != "" {
		t.Errorf("a replay that failed changed (-before +after):\n%s", diff)
	}
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
