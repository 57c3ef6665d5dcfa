// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
)

const (
	maxHeartbeat = 4 << 10 // bytes
	// longestRhythm and mostWaiting bound what an agent may claim of itself.
	longestRhythm = 400 * 24 * time.Hour
	mostWaiting   = 1_000_000
	// lateness is how long after its moment a run may begin, last and be told of.
	lateness = time.Hour
)

// heartbeat hears how an agent is, and tells it what it must know. Everything an agent says
// is kept as its word; what the region relies on is that it spoke.
func (s *Server) heartbeat(w http.ResponseWriter, r *http.Request) error {
	from, err := s.identify(r, toBeat)
	if err != nil {
		return err
	}
	var said wire.Heartbeat
	if err := readMessage(r, maxHeartbeat, &said); err != nil {
		return err
	}
	now := time.Now().UTC()
	if err := checkHeartbeat(said, now); err != nil {
		return err
	}
	pulse := store.Pulse{
		HeardAt: now, NextRun: said.NextRun, Waiting: said.Outbox.Waiting, WaitingSince: said.Outbox.Oldest,
		Rejected: said.Outbox.Rejected, ClockOffset: said.Clock.Sub(now),
	}
	if every := time.Duration(said.EverySeconds) * time.Second; every > 0 && !said.NextRun.IsZero() {
		// Its moments are by its own clock.
		pulse.LateAt = said.NextRun.Add(-pulse.ClockOffset).Add(every + lateness)
	}
	if err := s.store.Hear(r.Context(), from.scope(), from.AgentID, said.Software, pulse); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, wire.MediaJSON, wire.HeartbeatAnswer{
		State: string(from.agent.State), Clock: now,
		Renew: from.agent.State != store.AgentPending && wire.DueForRenewal(from.certificate.NotBefore, from.certificate.NotAfter, now),
	})
	return nil
}

// checkHeartbeat refuses what no agent of ours says. A clock that is wrong is told, not
// refused, unless it was never set.
func checkHeartbeat(said wire.Heartbeat, now time.Time) error {
	if err := checkSoftware(said.Software); err != nil {
		return err
	}
	horizon := now.Add(longestRhythm)
	for name, at := range map[string]time.Time{"clock": said.Clock, "next_run": said.NextRun, "outbox.oldest": said.Outbox.Oldest} {
		if (name == "clock" || !at.IsZero()) && (at.Before(earliest) || at.After(horizon)) {
			return meaningless(fmt.Errorf("heartbeat: %s is no moment of these years", name))
		}
	}
	switch out := said.Outbox; {
	case said.EverySeconds < 0 || said.EverySeconds > int64(longestRhythm/time.Second):
		return meaningless(errors.New("heartbeat: every_seconds is no rhythm"))
	case out.Waiting < 0 || out.Waiting > mostWaiting || out.Rejected < 0 || out.Rejected > mostWaiting:
		return meaningless(errors.New("heartbeat: the outbox counts what cannot be"))
	}
	return nil
}
