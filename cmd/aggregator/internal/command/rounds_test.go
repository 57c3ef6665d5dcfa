// SPDX-License-Identifier: Apache-2.0

package command

import (
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/config"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
)

// TestSilencesAreRecorded: an establishment that was not heard of for nine days fell
// silent, once; one that never was heard of did not.
func TestSilencesAreRecorded(t *testing.T) { storetest.Each(t, testSilencesAreRecorded) }

func testSilencesAreRecorded(t *testing.T) {
	r := regiontest.New(t)
	now := time.Now().UTC()
	later := now.Add(9 * 24 * time.Hour)
	quiet := r.Enrol(r.Establishment("690000013", "CHU A").FINESS)
	quiet.Deliver(regiontest.Run(t, quiet.Site, now))
	r.Establishment("690000021", "CH B")
	opened := &region{store: r.Store, settings: config.Config{SilentAfter: 8 * 24 * time.Hour}}
	recorded := func(now time.Time) (silent []string) {
		t.Helper()
		if err := opened.recordSilences(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		deeds, err := r.Store.Deeds(t.Context(), store.Region(), 99)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range deeds {
			if d.Action == "silent" {
				silent = append(silent, d.Object)
			}
		}
		return silent
	}
	if got := recorded(now); len(got) != 0 {
		t.Errorf("silent today: %v", got)
	}
	for range 2 {
		if got := recorded(later); len(got) != 1 || got[0] != "690000013" {
			t.Errorf("silent after nine days: %v", got)
		}
	}
}
