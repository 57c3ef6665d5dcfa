// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/wire"
)

func TestHeartbeat(t *testing.T) { storetest.Each(t, testHeartbeat) }

func testHeartbeat(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	now := time.Now().UTC().Truncate(time.Second)
	said := wire.Heartbeat{
		Software: "carescan-agent 9.9", Clock: now.Add(10 * time.Minute), NextRun: now.Add(time.Hour), EverySeconds: 3600,
		Outbox: wire.Outbox{Waiting: 3, Oldest: now.Add(-time.Hour), Rejected: 1},
	}
	if got := stateTold(t, beat(t, a, said)); got != wire.StateActive {
		t.Errorf("state %q", got)
	}
	agent, err := r.Store.Agent(t.Context(), store.Only(siteA), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	got := agent.Pulse
	if off := got.ClockOffset - 10*time.Minute; off.Abs() > time.Minute || time.Since(got.HeardAt) > time.Minute {
		t.Errorf("clock is told %s off at %s", got.ClockOffset, got.HeardAt)
	}
	if late := now.Add(3 * time.Hour).Sub(got.LateAt.Add(got.ClockOffset)); late.Abs() > time.Second {
		t.Errorf("late at %s, %s from what its rhythm makes", got.LateAt, late)
	}
	want := store.Pulse{NextRun: said.NextRun, Waiting: 3, WaitingSince: said.Outbox.Oldest, Rejected: 1}
	got.HeardAt, got.LateAt, got.ClockOffset = time.Time{}, time.Time{}, 0
	if diff := cmp.Diff(want, got); diff != "" || agent.Software != said.Software {
		t.Errorf("pulse of %s (-want +got):\n%s", agent.Software, diff)
	}
}

func TestRefusedHeartbeats(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	now := time.Now()
	for name, test := range map[string]struct {
		said   wire.Heartbeat
		status int
	}{
		"no_clock":     {wire.Heartbeat{}, http.StatusUnprocessableEntity},
		"never_set":    {wire.Heartbeat{Clock: time.Unix(0, 0)}, http.StatusUnprocessableEntity},
		"far_run":      {wire.Heartbeat{Clock: now, NextRun: now.AddDate(3, 0, 0)}, http.StatusUnprocessableEntity},
		"rhythm":       {wire.Heartbeat{Clock: now, EverySeconds: -1}, http.StatusUnprocessableEntity},
		"long_rhythm":  {wire.Heartbeat{Clock: now, EverySeconds: 1 << 60}, http.StatusUnprocessableEntity},
		"less_waiting": {wire.Heartbeat{Clock: now, Outbox: wire.Outbox{Waiting: -1}}, http.StatusUnprocessableEntity},
		"software":     {wire.Heartbeat{Clock: now, Software: "a\x1bb"}, http.StatusUnprocessableEntity},
		"too_large":    {wire.Heartbeat{Clock: now, Software: strings.Repeat("x", 5<<10)}, http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) { want(t, beat(t, a, test.said), test.status) })
	}
	t.Run("twice", func(t *testing.T) {
		want(t, regiontest.Send(r, a.Client, http.MethodPost, wire.PathHeartbeat, wire.MediaJSON, []byte(`{"clock":"2026-11-30T10:00:00Z","clock":1}`)), http.StatusBadRequest)
	})
	t.Run("stranger", func(t *testing.T) {
		want(t, regiontest.Send(r, r.Client(nil), http.MethodPost, wire.PathHeartbeat, wire.MediaJSON, []byte(`{}`)), http.StatusUnauthorized)
	})
}

// TestRenewalHint is given when a third of the certificate's life is left.
func TestRenewalHint(t *testing.T) {
	r := newRegion(t)
	for days, renew := range map[int]bool{10: false, 59: false, 61: true, 89: true} {
		a := certified(t, r, time.Now().AddDate(0, 0, -days))
		answer := beat(t, a, wire.Heartbeat{Clock: time.Now()})
		want(t, answer, http.StatusOK)
		var told wire.HeartbeatAnswer
		if err := json.Unmarshal(answer.Body, &told); err != nil || told.Renew != renew {
			t.Errorf("after %d days, renew is %v: %v", days, told.Renew, err)
		}
	}
}
