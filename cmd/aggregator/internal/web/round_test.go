// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/storetest"
)

// TestRoundsTellHowTheyEnded has one fail after it was done, then done again.
func TestRoundsTellHowTheyEnded(t *testing.T) { storetest.Each(t, testRoundsTellHowTheyEnded) }

func testRoundsTellHowTheyEnded(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	at := time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)
	done := func(at time.Time) {
		t.Helper()
		if err := s.Store.RecordRound(t.Context(), "try", at, 1500*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	done(at)
	admin.get("/rounds").sees(http.StatusOK, "Essayer", `datetime="2026-12-01T01:00:00Z"`, "1500\u00a0ms", "jamais").hides("en échec")
	if err := s.Store.RecordRoundFailure(t.Context(), "try", at.Add(time.Hour), errors.New("disk full at /var/lib")); err != nil {
		t.Fatal(err)
	}
	admin.get("/rounds").sees(http.StatusOK, "en échec", `datetime="2026-12-01T01:00:00Z"`, `datetime="2026-12-01T02:00:00Z"`).hides("disk full")
	done(at.Add(2 * time.Hour))
	admin.get("/rounds").sees(http.StatusOK, `datetime="2026-12-01T03:00:00Z"`, `datetime="2026-12-01T02:00:00Z"`).hides("en échec")
}
