// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle/envelope"
)

// TestBeatsAfterADelivery says how the agent is once a bundle arrived, and not again
// before its moment.
func TestBeatsAfterADelivery(t *testing.T) {
	c := newCounterpart(t)
	var heard []wire.Heartbeat
	c.heard = func(said wire.Heartbeat) wire.HeartbeatAnswer {
		heard = append(heard, said)
		return wire.HeartbeatAnswer{State: wire.StateActive}
	}
	u := c.enrolled(t)
	next := time.Now().Add(24 * time.Hour).UTC()
	u.Rhythm = func() (time.Time, time.Duration) { return next, 24 * time.Hour }
	u.nextBeat = time.Now().Add(time.Hour)
	u.beatIfDue(t.Context())
	if len(heard) != 0 {
		t.Fatalf("heard %+v before anything was to be said", heard)
	}
	seal(t, u)
	if err := u.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	u.beatIfDue(t.Context())
	u.beatIfDue(t.Context())
	if len(heard) != 1 {
		t.Fatalf("heard %d heartbeats, want one", len(heard))
	}
	said := heard[0]
	if said.Software != "test 1" || !said.NextRun.Equal(next) || said.EverySeconds != 24*3600 || said.Outbox.Waiting != 0 || time.Since(said.Clock).Abs() > time.Minute {
		t.Errorf("heard %+v", said)
	}
	if wait := time.Until(u.nextBeat); wait < beatEvery/3 || wait > beatEvery {
		t.Errorf("the next one comes in %s", wait)
	}
}

// TestBeatsAtItsMoment says how the agent is at the next moment of its rhythm, when that
// is sooner than an hour.
func TestBeatsAtItsMoment(t *testing.T) {
	u := newCounterpart(t).enrolled(t) // who refuses heartbeats: nothing else fails for it
	next := time.Now().Add(10 * time.Minute)
	u.Rhythm = func() (time.Time, time.Duration) { return next, 10 * time.Minute }
	u.beatIfDue(t.Context())
	if u.nextBeat.Before(next) || u.nextBeat.After(next.Add(beatLate)) {
		t.Errorf("the next one comes at %s, want soon after %s", u.nextBeat, next)
	}
}

// TestHeldAgent keeps its bundles, says why with its code, and keeps the state for its
// other commands; it delivers once it may.
func TestHeldAgent(t *testing.T) {
	for kind, state := range map[string]string{wire.ProblemPending: wire.StatePending, wire.ProblemSuspended: wire.StateSuspended} {
		t.Run(state, func(t *testing.T) {
			c := newCounterpart(t)
			c.answer = func(w http.ResponseWriter, _ string, _ []byte) { problem(w, http.StatusForbidden, kind) }
			c.heard = func(wire.Heartbeat) wire.HeartbeatAnswer { return wire.HeartbeatAnswer{State: wire.StateActive} }
			u := c.enrolled(t)
			told := 0
			u.Tell = func(*cli.Problem) { told++ }
			seal(t, u)
			seal(t, u)
			err := u.Flush(t.Context())
			said, ok := errors.AsType[*cli.Problem](err)
			if !ok || !isShared(err) || told != 1 || len(u.stuck) != 0 {
				t.Fatalf("Flush = %v, told %d times, want a problem that all bundles share", err, told)
			}
			key, err := envelope.KeyID(u.identity.Key.Public())
			if err != nil || strings.Contains(said.Hint.FR, wire.ApprovalCode(key)) != (state == wire.StatePending) {
				t.Errorf("told %q of an agent in state %s, %v", said.Hint.FR, state, err)
			}
			kept, err := u.identity.Enrolment()
			if err != nil || kept.State != state || len(must(u.spool.Waiting())(t)) != 2 {
				t.Errorf("state %q kept, %v", kept.State, err)
			}
			if wait := backOff(20, said); wait > beatHeld {
				t.Errorf("it waits %s for a person to decide", wait)
			}
			c.answer = c.accept
			if err := u.Flush(t.Context()); err != nil || len(must(u.spool.Sent())(t)) != 2 {
				t.Errorf("Flush = %v once it may", err)
			}
			u.beatIfDue(t.Context())
			if u.held() {
				t.Error("it still thinks it is held")
			}
		})
	}
}

// TestTakesOverARenewal made by a command beside the daemon.
func TestTakesOverARenewal(t *testing.T) {
	c := newCounterpart(t)
	u := c.enrolled(t)
	seal(t, u)
	if err := u.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := c.shown
	beside := must(New(u.identity, u.spool, "test 1", ""))(t)
	if err := beside.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	seal(t, u)
	if err := u.Flush(t.Context()); err != nil || c.shown == before {
		t.Errorf("Flush = %v with certificate %s, the one before the renewal", err, c.shown)
	}
}

// TestRenewsWhenAsked follows the hint of the aggregator.
func TestRenewsWhenAsked(t *testing.T) {
	c := newCounterpart(t)
	c.heard = func(wire.Heartbeat) wire.HeartbeatAnswer { return wire.HeartbeatAnswer{Renew: true} }
	u := c.enrolled(t)
	before := u.enrolment.Certificate
	u.beatIfDue(t.Context())
	if err := u.Flush(t.Context()); err != nil || u.enrolment.Certificate == before || u.renewAsked {
		t.Errorf("Flush = %v, and the certificate is the same", err)
	}
}
