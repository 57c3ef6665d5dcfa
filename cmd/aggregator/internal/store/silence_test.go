// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
)

// TestSilenceIsToldOnce has two replicas tell one silence, twice, then another.
func TestSilenceIsToldOnce(t *testing.T) { storetest.Each(t, testSilenceIsToldOnce) }

func testSilenceIsToldOnce(t *testing.T) {
	r, _, _ := twoSites(t)
	begin := time.Now().UTC()
	told := func(since, now time.Duration) {
		t.Helper()
		failed := make(chan error, 2)
		for range cap(failed) {
			go func() { failed <- r.Store.RecordSilence(t.Context(), siteA, begin.Add(since), begin.Add(now)) }()
		}
		for range cap(failed) {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
	}
	count := func() (n int) {
		t.Helper()
		deeds, err := r.Store.Deeds(t.Context(), store.Region(), 99)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range deeds {
			if d.Action == "silent" && d.Object == string(siteA) {
				n++
			}
		}
		return n
	}
	const day = 24 * time.Hour
	told(0, 9*day)
	told(0, 10*day)
	if n := count(); n != 1 {
		t.Errorf("one silence is told %d times", n)
	}
	told(12*day, 21*day) // it was heard of meanwhile
	if n := count(); n != 2 {
		t.Errorf("two silences are told %d times", n)
	}
}
