// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"slices"
	"time"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// agentBody is one agent: its state, what it says of itself, its certificates and what it
// was refused.
type agentBody struct {
	store.Agent
	Code         string // to compare by telephone; empty unless it waits for approval
	Silent       bool
	ClockOff     time.Duration // how far its clock is off, either way; zero when it is right
	Expired      bool
	Moves        []store.Move // that a person may decide now
	Certificates []store.Certificate
	Refusals     []store.Refusal
	Odd          []store.Oddity
}

// rightClock is how far the clock of an agent may be off without a word (aggregator.md
// section 9).
const rightClock = 5 * time.Minute

func (s *Server) agentShow(v *visit) (err error) {
	var body agentBody
	if body.Agent, err = s.store.Agent(v.Context(), v.scope(), v.PathValue("id")); err != nil {
		return err
	}
	if body.Certificates, err = s.store.Certificates(v.Context(), v.scope(), body.ID); err != nil {
		return err
	}
	if body.Refusals, err = s.store.Refusals(v.Context(), v.scope(), body.ID); err != nil {
		return err
	}
	now := time.Now()
	if body.Odd, err = s.store.Oddities(v.Context(), v.scope(), body.ID, now.Add(-store.OddSince), oddShown); err != nil {
		return err
	}
	if body.State == store.AgentPending {
		body.Code = wire.ApprovalCode(body.KeyDigest)
	}
	body.Silent = body.State == store.AgentActive && body.Pulse.Silent(now)
	if off := body.Pulse.ClockOffset.Abs(); off > rightClock {
		body.ClockOff = off.Round(time.Second)
	}
	body.Expired = now.After(body.NotAfter)
	for _, m := range []store.Move{store.Approve, store.Resume, store.Suspend, store.Revoke} {
		if slices.Contains(m.From(), body.State) {
			body.Moves = append(body.Moves, m)
		}
	}
	return v.show("agent", body)
}

// agentMove does what a person decided about an agent.
func (s *Server) agentMove(m store.Move) func(*visit) error {
	return func(v *visit) error {
		was, err := s.store.MoveAgent(v.Context(), v.scope(), v.PathValue("id"), m, time.Now())
		if err != nil {
			return err
		}
		if err := v.audit(v.user.Email, m.Deed(), was.Called()); err != nil {
			return err
		}
		http.Redirect(v.w, v.Request, "/agents/"+was.ID, http.StatusSeeOther)
		return nil
	}
}

// certificateState is where a certificate of a lineage stands.
func certificateState(c store.Certificate, now time.Time) scanner.Text {
	switch {
	case !c.RevokedAt.IsZero():
		return scanner.Text{FR: "révoqué", EN: "revoked"}
	case c.Replaced:
		return scanner.Text{FR: "remplacé : n'ouvre plus rien", EN: "replaced: opens nothing any more"}
	case now.After(c.NotAfter):
		return scanner.Text{FR: "échu", EN: "past its end"}
	case c.FirstUsedAt.IsZero():
		return scanner.Text{FR: "pas encore utilisé", EN: "not used yet"}
	}
	return scanner.Text{FR: "en vigueur", EN: "in force"}
}
