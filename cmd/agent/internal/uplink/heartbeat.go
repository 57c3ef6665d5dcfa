// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle/envelope"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// How long after a heartbeat the next one comes, at most: one that waits for people to
// decide asks sooner.
const (
	beatEvery = time.Hour
	beatHeld  = 5 * time.Minute
	// beatLate spreads the heartbeats that follow a moment of the rhythm.
	beatLate = 2 * time.Minute
)

// beatIfDue says how the agent is, after a delivery, at its moments, and once an hour in
// any case. That it could not is no matter: bundles tell the same, and go on.
func (u *Uplink) beatIfDue(ctx context.Context) {
	now := u.now()
	if !u.delivered && now.Before(u.nextBeat) {
		return
	}
	u.delivered = false
	if err := u.beat(ctx); err != nil {
		slog.DebugContext(ctx, "say how the agent is", "error", err)
	}
	every := beatEvery
	if u.held() {
		every = beatHeld
	}
	u.nextBeat = now.Add(every/2 + rand.N(every/2)) //nolint:gosec // jitter is no secret
	if next, period := u.rhythm(); period > 0 && next.After(now) && next.Before(u.nextBeat) {
		u.nextBeat = next.Add(rand.N(beatLate)) //nolint:gosec // jitter is no secret
	}
}

func (u *Uplink) rhythm() (next time.Time, every time.Duration) {
	if u.Rhythm == nil {
		return next, 0
	}
	return u.Rhythm()
}

// beat says how the agent is, once.
func (u *Uplink) beat(ctx context.Context) error {
	said, err := u.condition()
	if err != nil {
		return err
	}
	body, err := json.Marshal(said)
	if err != nil {
		return fmt.Errorf("encode heartbeat: %w", err)
	}
	var told wire.HeartbeatAnswer
	if err := u.client.post(ctx, wire.PathHeartbeat, body, &told); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	u.renewAsked = told.Renew
	return u.noteState(told.State)
}

// condition is how the agent is now.
func (u *Uplink) condition() (wire.Heartbeat, error) {
	now := u.now().UTC()
	next, every := u.rhythm()
	said := wire.Heartbeat{Software: u.software, Clock: now, NextRun: next.UTC(), EverySeconds: int64(every / time.Second)}
	if next.IsZero() {
		said.NextRun = time.Time{}
	}
	waiting, errWaiting := u.spool.Waiting()
	rejected, errRejected := u.spool.Rejected()
	age, errAge := u.spool.Age(now)
	said.Outbox = wire.Outbox{Waiting: len(waiting), Rejected: len(rejected)}
	if len(waiting) > 0 {
		said.Outbox.Oldest = now.Add(-age)
	}
	return said, errors.Join(errWaiting, errRejected, errAge)
}

// held tells that the aggregator takes nothing from the agent for now.
func (u *Uplink) held() bool {
	return u.enrolment.State == wire.StatePending || u.enrolment.State == wire.StateSuspended
}

// noteState keeps the state that the aggregator told, for the pages and commands of the
// agent, and says so when it changed.
func (u *Uplink) noteState(state string) error {
	if state == "" || state == u.enrolment.State {
		return nil
	}
	changed := u.enrolment
	changed.State = state
	if err := u.identity.Keep(changed); err != nil {
		return err
	}
	u.enrolment = changed
	if problem := StateProblem(u.identity, changed, nil); problem != nil {
		u.Tell(problem)
	}
	return nil
}

// StateProblem says what the people on site have to know of the state of their agent; nil
// when it is active.
func StateProblem(id *identity.Identity, e identity.Enrolment, cause error) *cli.Problem {
	switch e.State {
	case wire.StatePending:
		key, err := envelope.KeyID(id.Key.Public())
		if err != nil {
			return &cli.Problem{Sentence: pendingSentence, Cause: err}
		}
		return &cli.Problem{
			Sentence: pendingSentence,
			Hint: settings.Say(
				"lisez ce code au centre régional quand il vous appelle : %s ; les dossiers sont gardés ici et partiront d'eux-mêmes ensuite",
				"read this code to the regional centre when it calls you: %s; bundles are kept here and will leave by themselves afterwards", wire.ApprovalCode(key)),
			Cause: cause,
		}
	case wire.StateSuspended:
		return &cli.Problem{
			Sentence: scanner.Text{
				FR: "le centre régional a suspendu cet agent : il ne livre rien pour l'instant",
				EN: "the regional centre has suspended this agent: it delivers nothing for now",
			},
			Hint: scanner.Text{
				FR: "voyez avec lui ; les dossiers sont gardés ici et partiront d'eux-mêmes une fois l'agent repris",
				EN: "ask it; bundles are kept here and will leave by themselves once the agent is let in again",
			},
			Cause: cause,
		}
	}
	return nil
}

var pendingSentence = scanner.Text{
	FR: "l'agent attend l'approbation du centre régional : il ne livre rien d'ici là",
	EN: "the agent waits for the approval of the regional centre: it delivers nothing until then",
}
