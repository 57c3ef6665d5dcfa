// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"strings"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
)

// TestRoomForMonths delivers a look that is older than the region, and makes room for it
// and for what is to come, by two replicas at once.
func TestRoomForMonths(t *testing.T) { storetest.Each(t, testRoomForMonths) }

func testRoomForMonths(t *testing.T) {
	r, a, _ := twoSites(t)
	now := time.Now().UTC()
	a.Deliver(regiontest.Run(t, a.Site, now.AddDate(0, -2, 0), spf(scanner.Fail)))
	before := r.Rows("finding_event", "bundle", "audit")
	engine := func() store.Engine {
		e, err := r.Store.Engine(t.Context())
		if err != nil || e.Name == "" || e.Version == "" {
			t.Fatal(e, err)
		}
		return e
	}
	if rest := engine().Rest; storetest.OnPostgres(t) && rest != 1 {
		t.Errorf("%d rows are of no month, want the event of an old look", rest)
	}
	later := now.AddDate(0, 5, 0)
	failed := make(chan error, 2)
	for range cap(failed) {
		go func() { failed <- r.Store.AddMonths(t.Context(), later) }()
	}
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if e := engine(); storetest.OnPostgres(t) && (e.Rest != 0 || e.Until.Before(later.AddDate(0, 3, 0))) {
		t.Errorf("after the round, the engine is %+v", e)
	}
	for table, rows := range r.Rows("finding_event", "bundle", "audit") {
		if len(rows) != len(before[table]) {
			t.Errorf("%s had %d rows, and has %d", table, len(before[table]), len(rows))
		}
	}
}

// TestRoomForAMonthThatFills makes room for months whose rows keep coming meanwhile.
func TestRoomForAMonthThatFills(t *testing.T) { storetest.Each(t, testRoomForAMonthThatFills) }

func testRoomForAMonthThatFills(t *testing.T) {
	r, _, _ := twoSites(t)
	begin := time.Date(2024, 1, 15, 0, 0, 0, 0, time.UTC)
	made, written := make(chan struct{}), make(chan int, 1)
	record := func(month int) {
		if err := r.Store.Audit(t.Context(), store.Deed{At: begin.AddDate(0, month, 0), Actor: "late", Action: "sign-in"}); err != nil {
			t.Error(err)
		}
	}
	go func() {
		n := 0
		for ; ; n++ {
			record(n % 6)
			select {
			case <-made:
				written <- n + 1
				return
			default:
			}
		}
	}()
	for range 6 {
		if err := r.Store.AddMonths(t.Context(), time.Now()); err != nil {
			t.Error(err)
		}
	}
	close(made)
	want, kept := <-written, 0
	for _, row := range r.Rows("audit")["audit"] {
		if strings.Contains(row, "actor=late") {
			kept++
		}
	}
	if kept != want {
		t.Errorf("%d deeds recorded, %d kept", want, kept)
	}
}
