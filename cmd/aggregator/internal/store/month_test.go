// SPDX-License-Identifier: Apache-2.0

package store_test

import (
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
