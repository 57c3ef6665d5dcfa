// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"crypto/ecdsa"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/wire"
)

func renewedBy(t *testing.T, r *regiontest.Region, answer regiontest.Answer, key *ecdsa.PrivateKey) *regiontest.Agent {
	t.Helper()
	var response wire.EnrolResponse
	if err := json.Unmarshal(answer.Body, &response); err != nil {
		t.Fatal(err)
	}
	return r.Agent(response, key)
}

func beat(t *testing.T, a *regiontest.Agent, said wire.Heartbeat) regiontest.Answer {
	t.Helper()
	raw, err := json.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	return regiontest.Send(a.Region(), a.Client, http.MethodPost, wire.PathHeartbeat, wire.MediaJSON, raw)
}

func move(t *testing.T, r *regiontest.Region, a *regiontest.Agent, m store.Move) {
	t.Helper()
	if _, err := r.Store.MoveAgent(t.Context(), store.Region(), a.ID, m, time.Now()); err != nil {
		t.Fatal(err)
	}
}

// refusalsOf maps the kinds of refusals of an agent to how often they were.
func refusalsOf(t *testing.T, r *regiontest.Region, a *regiontest.Agent) map[store.RefusalKind]int64 {
	t.Helper()
	list, err := r.Store.Refusals(t.Context(), store.Region(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	times := map[store.RefusalKind]int64{}
	for _, f := range list {
		times[f.Kind] = f.Times
	}
	return times
}

// TestReplacedCertificate delivers until its successor is used, and nothing after.
func TestReplacedCertificate(t *testing.T) { storetest.Each(t, testReplacedCertificate) }

func testReplacedCertificate(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	a.Deliver(someRun(t, a))
	answer := renew(t, r, a, regiontest.Request(r, a.Key))
	want(t, answer, http.StatusOK)
	a.Deliver(someRun(t, a)) // the answer may have been lost
	renewed := renewedBy(t, r, answer, a.Key)
	want(t, beat(t, renewed, wire.Heartbeat{Clock: time.Now()}), http.StatusOK)

	s := sealNext(t, a)
	refused := a.Put(s.ID, s.raw)
	want(t, refused, http.StatusUnauthorized)
	if strings.Contains(string(refused.Body), "replaced") {
		t.Errorf("a replaced certificate is told apart: %s", refused.Body)
	}
	want(t, renew(t, r, a, regiontest.Request(r, a.Key)), http.StatusUnauthorized)
	want(t, beat(t, a, wire.Heartbeat{Clock: time.Now()}), http.StatusUnauthorized)
	want(t, renewed.Put(s.ID, s.raw), http.StatusCreated)
	if got := refusalsOf(t, r, a); got[store.RefusedReplaced] != 3 {
		t.Errorf("refusals %v, want the replaced certificate three times", got)
	}
}

// TestRenewedOnceTheClockIsRight: a certificate of a clock that was fast begins after the
// one that replaces it.
func TestRenewedOnceTheClockIsRight(t *testing.T) {
	r := newRegion(t)
	a := certified(t, r, time.Now().AddDate(1, 0, 0))
	a.Deliver(someRun(t, a))
	renewed := renewedBy(t, r, renew(t, r, a, regiontest.Request(r, a.Key)), a.Key)
	renewed.Header() // the number that was used
	renewed.Deliver(someRun(t, a))
	want(t, beat(t, a, wire.Heartbeat{Clock: time.Now()}), http.StatusUnauthorized)
}

// TestCloneIsFoundAtItsRenewal: of two machines with one state, the one that renews first
// goes on, and the other is refused, by name.
func TestCloneIsFoundAtItsRenewal(t *testing.T) { storetest.Each(t, testCloneIsFoundAtItsRenewal) }

func testCloneIsFoundAtItsRenewal(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	a.Deliver(someRun(t, a))
	clone := a.At(r)
	renewed := renewedBy(t, r, renew(t, r, a, regiontest.Request(r, a.Key)), a.Key)
	renewed.Header() // the number that was used
	renewed.Deliver(someRun(t, a))
	s := sealNext(t, clone)
	want(t, clone.Put(s.ID, s.raw), http.StatusUnauthorized)
	deeds, err := r.Store.Deeds(t.Context(), store.Region(), 1)
	if err != nil || len(deeds) != 1 || deeds[0].Action != "refuse-replaced" || deeds[0].Actor != "agent 1, CHU A (690000013)" {
		t.Errorf("the journal says %+v, %v, want the refusal of agent 1", deeds, err)
	}
}

// TestKeyOfAnotherCertificate refuses a certificate of ours whose key is not the one that
// the region wrote down under its number.
func TestKeyOfAnotherCertificate(t *testing.T) { storetest.Each(t, testKeyOfAnotherCertificate) }

func testKeyOfAnotherCertificate(t *testing.T) {
	r := newRegion(t)
	a := certifiedFor(t, r, time.Now(), regiontest.NewKey(r))
	s := sealNext(t, a)
	want(t, a.Put(s.ID, s.raw), http.StatusUnauthorized)
	if got := refusalsOf(t, r, a); got[store.RefusedKey] != 1 {
		t.Errorf("refusals %v, want the other key", got)
	}
}

// TestSuspendedAgent delivers nothing until it is let in again; it says how it is, and
// renews its certificate.
func TestSuspendedAgent(t *testing.T) { storetest.Each(t, testSuspendedAgent) }

func testSuspendedAgent(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	a.Deliver(someRun(t, a))
	move(t, r, a, store.Suspend)
	s := sealNext(t, a)
	refused := a.Put(s.ID, s.raw)
	want(t, refused, http.StatusForbidden)
	if got := problemOf(t, refused); got.Type != wire.ProblemSuspended {
		t.Errorf("problem %+v, want %s", got, wire.ProblemSuspended)
	}
	if got := stateTold(t, beat(t, a, wire.Heartbeat{Clock: time.Now()})); got != wire.StateSuspended {
		t.Errorf("state %q", got)
	}
	want(t, renew(t, r, a, regiontest.Request(r, a.Key)), http.StatusOK)
	move(t, r, a, store.Resume)
	want(t, a.Put(s.ID, s.raw), http.StatusCreated)
	move(t, r, a, store.Revoke)
	want(t, beat(t, a, wire.Heartbeat{Clock: time.Now()}), http.StatusUnauthorized)
	if _, err := r.Store.MoveAgent(t.Context(), store.Region(), a.ID, store.Resume, time.Now()); err == nil {
		t.Error("a revoked agent was let in again")
	}
}

func problemOf(t *testing.T, a regiontest.Answer) (p wire.Problem) {
	t.Helper()
	if err := json.Unmarshal(a.Body, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func stateTold(t *testing.T, a regiontest.Answer) string {
	t.Helper()
	want(t, a, http.StatusOK)
	var told wire.HeartbeatAnswer
	if err := json.Unmarshal(a.Body, &told); err != nil {
		t.Fatal(err)
	}
	return told.State
}

// TestAgentToApprove delivers nothing until a person approved it, and says how it is.
func TestAgentToApprove(t *testing.T) { storetest.Each(t, testAgentToApprove) }

func testAgentToApprove(t *testing.T) {
	r := newRegion(t)
	a := r.EnrolToApprove(siteA)
	s := sealNext(t, a)
	refused := a.Put(s.ID, s.raw)
	want(t, refused, http.StatusForbidden)
	if got := problemOf(t, refused); got.Type != wire.ProblemPending {
		t.Errorf("problem %+v, want %s", got, wire.ProblemPending)
	}
	want(t, renew(t, r, a, regiontest.Request(r, a.Key)), http.StatusForbidden)
	if got := stateTold(t, beat(t, a, wire.Heartbeat{Clock: time.Now()})); got != wire.StatePending {
		t.Errorf("state %q", got)
	}
	move(t, r, a, store.Approve)
	if got := stateTold(t, beat(t, a, wire.Heartbeat{Clock: time.Now()})); got != wire.StateActive {
		t.Errorf("state %q once approved", got)
	}
	want(t, a.Put(s.ID, s.raw), http.StatusCreated)
}

// TestCancelledToken enrols nobody.
func TestCancelledToken(t *testing.T) { storetest.Each(t, testCancelledToken) }

func testCancelledToken(t *testing.T) {
	r := newRegion(t)
	token := r.Token(siteA)
	waiting, err := r.Store.WaitingTokens(t.Context(), store.Region(), time.Now())
	if err != nil || len(waiting) != 1 {
		t.Fatal(waiting, err)
	}
	if _, err := r.Store.CancelToken(t.Context(), store.Region(), waiting[0].ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	want(t, enrol(t, r, message(r, token.Secret)), http.StatusUnauthorized)
	if _, err := r.Store.CancelToken(t.Context(), store.Region(), waiting[0].ID, time.Now()); err == nil {
		t.Error("a token was cancelled twice")
	}
}

// TestJournalIsNotFilled by an agent that is refused again and again, nor by strangers.
func TestJournalIsNotFilled(t *testing.T) { storetest.Each(t, testJournalIsNotFilled) }

func testJournalIsNotFilled(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	move(t, r, a, store.Suspend)
	s := sealNext(t, a)
	for range 5 {
		want(t, a.Put(s.ID, s.raw), http.StatusForbidden)
		want(t, enrol(t, r, message(r, "guess")), http.StatusUnauthorized)
	}
	deeds, err := r.Store.Deeds(t.Context(), store.Region(), 99)
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, d := range deeds {
		times[d.Action]++
	}
	if times["refuse-suspended"] != 1 || times["refuse-stranger"] != 1 {
		t.Errorf("the journal has %v, want each refusal once", times)
	}
	if got := refusalsOf(t, r, a); got[store.RefusedSuspended] != 5 {
		t.Errorf("refusals %v, want five", got)
	}
}
