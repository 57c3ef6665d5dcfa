// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/wire"
)

func enrol(t *testing.T, r *regiontest.Region, message wire.EnrolRequest) regiontest.Answer {
	t.Helper()
	raw, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return regiontest.Send(r, r.Client(nil), http.MethodPost, wire.PathEnrol, wire.MediaJSON, raw)
}

func message(r *regiontest.Region, secret string) wire.EnrolRequest {
	return wire.EnrolRequest{Secret: secret, CSR: regiontest.Request(r, regiontest.NewKey(r)), Software: regiontest.Software}
}

func TestTokenServesOnce(t *testing.T) { storetest.Each(t, testTokenServesOnce) }

func testTokenServesOnce(t *testing.T) {
	r := newRegion(t)
	token := r.Token(siteA)
	if token.CAPin != r.Authority.Pin() || token.URL != r.URL {
		t.Errorf("token %+v does not lead to %s", token, r.URL)
	}
	answers := make([]regiontest.Answer, 4)
	var group sync.WaitGroup
	for i := range answers {
		m := message(r, token.Secret)
		group.Go(func() { answers[i] = enrol(t, r, m) })
	}
	group.Wait()
	created := 0
	for _, a := range answers {
		if a.Status == http.StatusCreated {
			created++
		} else {
			want(t, a, http.StatusUnauthorized)
		}
	}
	if agents, err := r.Store.Agents(t.Context(), store.Region()); err != nil || created != 1 || len(agents) != 1 {
		t.Errorf("one token made %d answers and %d agents: %v", created, len(agents), err)
	}
}

func TestExpiredToken(t *testing.T) { storetest.Each(t, testExpiredToken) }

func testExpiredToken(t *testing.T) {
	r := newRegion(t)
	past := time.Now().Add(-authority.TokenLife - time.Hour)
	err := r.Store.AddEnrolToken(t.Context(), store.EnrolToken{
		ID: uuid.NewString(), FINESS: siteA, Hash: authority.HashSecret("late"), CreatedAt: past, ExpiresAt: past.Add(authority.TokenLife),
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, enrol(t, r, message(r, "late")), http.StatusUnauthorized)
}

func TestRefusedEnrolments(t *testing.T) { storetest.Each(t, testRefusedEnrolments) }

func testRefusedEnrolments(t *testing.T) {
	r := newRegion(t)
	secret := r.Token(siteA).Secret
	good := message(r, secret)
	broken := strings.Replace(good.CSR, "\nM", "\nN", 1)
	cases := map[string]struct {
		status int
		body   wire.EnrolRequest
	}{
		"unknown_token":  {http.StatusUnauthorized, message(r, "guess")},
		"empty_token":    {http.StatusUnauthorized, message(r, "")},
		"no_request":     {http.StatusUnprocessableEntity, wire.EnrolRequest{Secret: secret}},
		"broken_request": {http.StatusUnprocessableEntity, wire.EnrolRequest{Secret: secret, CSR: broken}},
		"software":       {http.StatusUnprocessableEntity, wire.EnrolRequest{Secret: secret, CSR: good.CSR, Software: "a\nb"}},
		"too_large":      {http.StatusRequestEntityTooLarge, wire.EnrolRequest{Secret: strings.Repeat("x", 20<<10)}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { want(t, enrol(t, r, c.body), c.status) })
	}
	want(t, enrol(t, r, good), http.StatusCreated) // none of it spent the token
}

func TestRefusedMessages(t *testing.T) { storetest.Each(t, testRefusedMessages) }

func testRefusedMessages(t *testing.T) {
	r := newRegion(t)
	client := r.Client(nil)
	want(t, regiontest.Send(r, client, http.MethodPost, wire.PathEnrol, "text/plain", nil), http.StatusUnsupportedMediaType)
	want(t, regiontest.Send(r, client, http.MethodPost, wire.PathEnrol, wire.MediaJSON, []byte("{")), http.StatusBadRequest)

	// A message that two readers understand in two ways; without that it enrols.
	request, err := json.Marshal(wire.EnrolRequest{Secret: r.Token(siteA).Secret, CSR: regiontest.Request(r, regiontest.NewKey(r)), Software: regiontest.Software})
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{`"secret":"other",`, `"Secret":"other",`, `"CSR":"",`, `"\u0053oftware":"other",`, `"new":1,"new":2,`} {
		twice := append([]byte("{"+more), request[1:]...)
		want(t, regiontest.Send(r, client, http.MethodPost, wire.PathEnrol, wire.MediaJSON, twice), http.StatusBadRequest)
	}
	a := r.Enrol(siteA)
	for _, more := range []string{`"csr":"",`, `"Csr":"",`} {
		raw := []byte(`{` + more + `"csr":"` + "x" + `","software":"x"}`)
		want(t, regiontest.Send(r, a.Client, http.MethodPost, wire.PathRenew, wire.MediaJSON, raw), http.StatusBadRequest)
	}
	want(t, regiontest.Send(r, client, http.MethodPost, wire.PathEnrol, wire.MediaJSON, request), http.StatusCreated)
}

func renew(t *testing.T, r *regiontest.Region, a *regiontest.Agent, csr string) regiontest.Answer {
	t.Helper()
	raw, err := json.Marshal(wire.RenewRequest{CSR: csr, Software: regiontest.Software})
	if err != nil {
		t.Fatal(err)
	}
	return regiontest.Send(r, a.Client, http.MethodPost, wire.PathRenew, wire.MediaJSON, raw)
}

func TestRenewedAgentKeepsItsSpool(t *testing.T) { storetest.Each(t, testRenewedAgentKeepsItsSpool) }

func testRenewedAgentKeepsItsSpool(t *testing.T) {
	r := newRegion(t)
	old := r.Enrol(siteA)
	h := old.Header()
	spooled := old.Seal(h, someRun(t, old))
	key := regiontest.NewKey(r)
	answer := renew(t, r, old, regiontest.Request(r, key))
	want(t, answer, http.StatusOK)
	var response wire.EnrolResponse
	if err := json.Unmarshal(answer.Body, &response); err != nil {
		t.Fatal(err)
	}
	renewed := r.Agent(response, key)
	if renewed.ID != old.ID {
		t.Errorf("renewed agent is called %s, was %s", renewed.ID, old.ID)
	}
	want(t, renewed.Put(h.ID, spooled), http.StatusCreated)
}

func TestRenewalAfterTheEnd(t *testing.T) { storetest.Each(t, testRenewalAfterTheEnd) }

func testRenewalAfterTheEnd(t *testing.T) {
	r := newRegion(t)
	// Not long ago: the authority itself is only minutes old here.
	lately := certified(t, r, time.Now().Add(-authority.AgentLife-2*time.Minute))
	longAgo := certified(t, r, time.Now().Add(-authority.AgentLife-authority.RenewalGrace-time.Hour))
	t.Run("other_key", func(t *testing.T) {
		want(t, renew(t, r, lately, regiontest.Request(r, regiontest.NewKey(r))), http.StatusUnauthorized)
	})
	t.Run("same_key", func(t *testing.T) {
		want(t, renew(t, r, lately, regiontest.Request(r, lately.Key)), http.StatusOK)
	})
	// The answer may have been lost: until its certificate is used, the old one asks again.
	t.Run("answer_lost", func(t *testing.T) {
		answer := renew(t, r, lately, regiontest.Request(r, lately.Key))
		want(t, answer, http.StatusOK)
		want(t, beat(t, renewedBy(t, r, answer, lately.Key), wire.Heartbeat{Clock: time.Now()}), http.StatusOK)
	})
	t.Run("replaced", func(t *testing.T) {
		want(t, renew(t, r, lately, regiontest.Request(r, lately.Key)), http.StatusUnauthorized)
	})
	t.Run("past_grace", func(t *testing.T) {
		want(t, renew(t, r, longAgo, regiontest.Request(r, longAgo.Key)), http.StatusUnauthorized)
	})
	t.Run("broken_request", func(t *testing.T) {
		want(t, renew(t, r, r.Enrol(siteA), "x"), http.StatusUnprocessableEntity)
	})
}
