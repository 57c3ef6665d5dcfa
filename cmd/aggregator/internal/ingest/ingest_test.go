// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

const (
	siteA scanner.FINESS = "690000013"
	siteB scanner.FINESS = "690000021"
)

func newRegion(t *testing.T) *regiontest.Region {
	t.Helper()
	r := regiontest.New(t)
	r.Establishment(siteA, "CHU A")
	r.Establishment(siteB, "CH B")
	return r
}

func someRun(t *testing.T, a *regiontest.Agent) scanner.Run {
	t.Helper()
	return regiontest.Run(t, a.Site, time.Now().UTC().Add(-time.Minute), regiontest.Said{
		Check: "exposure.spf-record", Target: scanner.DomainTarget("chu.test"), Outcome: scanner.Fail, Severity: scanner.High,
	})
}

func want(t *testing.T, a regiontest.Answer, status int) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	if status < 400 {
		return
	}
	var p wire.Problem
	if err := json.Unmarshal(a.Body, &p); err != nil || p.Status != status {
		t.Errorf("answer %q is no problem of status %d: %v", a.Body, status, err)
	}
}

func TestBundleStoredThenSameReceipt(t *testing.T) {
	storetest.Each(t, testBundleStoredThenSameReceipt)
}

func testBundleStoredThenSameReceipt(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	h := a.Header()
	raw := a.Seal(h, someRun(t, a))
	first := a.Put(h.ID, raw)
	want(t, first, http.StatusCreated)
	again := a.Put(h.ID, raw)
	want(t, again, http.StatusOK)
	if diff := cmp.Diff(string(first.Body), string(again.Body)); diff != "" {
		t.Errorf("receipt (-first +again):\n%s", diff)
	}
	kept, err := r.Store.Sealed(t.Context(), store.Only(siteA), siteA, h.ID)
	if err != nil || !bytes.Equal(kept, raw) {
		t.Errorf("what is kept is not what was sent: %v", err)
	}
	checkReceipt(t, r, first.Body, scanner.Digest(raw))
}

func checkReceipt(t *testing.T, r *regiontest.Region, body []byte, digest string) {
	t.Helper()
	var receipt wire.Receipt
	if err := json.Unmarshal(body, &receipt); err != nil {
		t.Fatal(err)
	}
	text, err := r.Authority.SealKey()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(text))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(receipt.SignedBytes())
	if receipt.Digest != digest || !ecdsa.VerifyASN1(key.(*ecdsa.PublicKey), sum[:], receipt.Signature) {
		t.Errorf("receipt %s does not prove digest %s", body, digest)
	}
}

func TestConflicts(t *testing.T) { storetest.Each(t, testConflicts) }

func testConflicts(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	first, second := a.Header(), a.Header()
	want(t, a.Put(second.ID, a.Seal(second, someRun(t, a))), http.StatusCreated)
	t.Run("other_digest", func(t *testing.T) {
		want(t, a.Put(second.ID, a.Seal(second, someRun(t, a))), http.StatusConflict)
	})
	// It could not pass before: nothing is lost, and nothing newer is undone.
	t.Run("late", func(t *testing.T) {
		want(t, a.Put(first.ID, a.Seal(first, someRun(t, a))), http.StatusCreated)
		agent, err := r.Store.Agent(t.Context(), store.Only(siteA), a.ID)
		if err != nil || agent.LastSeq != int64(second.Seq) {
			t.Errorf("last number %d, %v, want %d", agent.LastSeq, err, second.Seq)
		}
	})
}

// TestRefusalsThatPass tells apart what a clock or a line will put right.
func TestRefusalsThatPass(t *testing.T) { storetest.Each(t, testRefusalsThatPass) }

func testRefusalsThatPass(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	kind := func(answer regiontest.Answer) string {
		var p wire.Problem
		if err := json.Unmarshal(answer.Body, &p); err != nil {
			t.Fatal(err)
		}
		return p.Type
	}
	ahead := a.Header()
	ahead.SealedAt = time.Now().Add(time.Hour)
	if got := kind(a.Put(ahead.ID, a.Seal(ahead, someRun(t, a)))); got != wire.ProblemClock {
		t.Errorf("type of a moment to come = %q", got)
	}
	h := a.Header()
	q := bundleRequest(t, r, h.ID, a.Seal(h, someRun(t, a)))
	q.Header.Set("Content-Digest", "sha-256=:AAAA:")
	if got := kind(regiontest.Do(r, a.Client, q)); got != wire.ProblemDamaged {
		t.Errorf("type of a damaged body = %q", got)
	}
	h.Seq = 0
	if got := kind(a.Put(h.ID, a.Seal(h, someRun(t, a)))); got != "" {
		t.Errorf("type of a bundle that can never pass = %q", got)
	}
}

func TestRefusedBundles(t *testing.T) { storetest.Each(t, testRefusedBundles) }

func testRefusedBundles(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	other := r.Enrol(siteB)
	stranger := regiontest.NewKey(r)
	good := func() (bundle.Header, scanner.Run) { return a.Header(), someRun(t, a) }
	cases := map[string]struct {
		status int
		make   func() (id string, raw []byte)
	}{
		"garbage": {http.StatusBadRequest, func() (string, []byte) { return uuid.NewString(), []byte("{}") }},
		"empty":   {http.StatusBadRequest, func() (string, []byte) { return uuid.NewString(), nil }},
		"name_not_uuid": {http.StatusBadRequest, func() (string, []byte) {
			h, run := good()
			return "bundle", a.Seal(h, run)
		}},
		"other_name": {http.StatusUnprocessableEntity, func() (string, []byte) {
			h, run := good()
			return uuid.NewString(), a.Seal(h, run)
		}},
		"sealed_in_future": {http.StatusUnprocessableEntity, func() (string, []byte) {
			h, run := good()
			h.SealedAt = time.Now().Add(6 * time.Minute)
			return h.ID, a.Seal(h, run)
		}},
		"ended_in_future": {http.StatusUnprocessableEntity, func() (string, []byte) {
			h, run := good()
			run.Ended = time.Now().Add(time.Hour)
			return h.ID, a.Seal(h, run)
		}},
		"sequence_zero": {http.StatusUnprocessableEntity, func() (string, []byte) {
			h, run := good()
			h.Seq = 0
			return h.ID, a.Seal(h, run)
		}},
		"other_establishment": {http.StatusForbidden, func() (string, []byte) {
			h, run := good()
			h.FINESS, run.Establishment.FINESS = siteB, siteB
			return h.ID, a.Seal(h, run)
		}},
		"other_agent": {http.StatusForbidden, func() (string, []byte) {
			h, run := good()
			h.AgentID = other.ID
			return h.ID, a.Seal(h, run)
		}},
		"bundle_of_another_agent": {http.StatusForbidden, func() (string, []byte) {
			h := other.Header()
			return h.ID, other.Seal(h, someRun(t, other))
		}},
		"unknown_key": {http.StatusForbidden, func() (string, []byte) {
			h, run := good()
			raw, err := bundle.Seal(bundle.Bundle{Header: h, Run: run}, stranger)
			if err != nil {
				t.Fatal(err)
			}
			return h.ID, raw
		}},
		"too_large": {http.StatusRequestEntityTooLarge, func() (string, []byte) {
			return uuid.NewString(), make([]byte, wire.MaxBundle+1)
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			id, raw := c.make()
			want(t, a.Put(id, raw), c.status)
		})
	}
	if list, err := r.Store.Bundles(t.Context(), store.Region(), siteA, 10); err != nil || len(list) != 0 {
		t.Errorf("refused bundles were kept: %v, %v", list, err)
	}
}

// TestBombIsRefusedInBoundedMemory sends 200 MB of zeros in a frame of a few
// kilobytes, signed by a known agent.
func TestBombIsRefusedInBoundedMemory(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	raw, err := envelope.Seal(bundle.PayloadType, bomb(t), a.Key)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	want(t, a.Put(uuid.NewString(), raw), http.StatusRequestEntityTooLarge)
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 128<<20 {
		t.Errorf("refusing the bomb took %d MiB", taken>>20)
	}
}

func bomb(t *testing.T) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(make([]byte, 200<<20), nil)
}

// TestRefusedRequests is about how a bundle is sent, not what it holds.
func TestRefusedRequests(t *testing.T) { storetest.Each(t, testRefusedRequests) }

func testRefusedRequests(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	cases := map[string]struct {
		status int
		change func(*http.Request)
	}{
		"no_length":       {http.StatusLengthRequired, func(q *http.Request) { q.Body, q.ContentLength = io.NopCloser(strings.NewReader("x")), -1 }},
		"media":           {http.StatusUnsupportedMediaType, func(q *http.Request) { q.Header.Set("Content-Type", "text/plain") }},
		"no_media":        {http.StatusUnsupportedMediaType, func(q *http.Request) { q.Header.Del("Content-Type") }},
		"coding":          {http.StatusUnsupportedMediaType, func(q *http.Request) { q.Header.Set("Content-Encoding", "zstd") }},
		"digest":          {http.StatusBadRequest, func(q *http.Request) { q.Header.Set("Content-Digest", "sha-256=:AAAA:") }},
		"digest_garbage":  {http.StatusBadRequest, func(q *http.Request) { q.Header.Set("Content-Digest", "sha-256=AAAA") }},
		"protocol":        {http.StatusUpgradeRequired, func(q *http.Request) { q.Header.Set(wire.HeaderVersion, "0") }},
		"protocol_number": {http.StatusBadRequest, func(q *http.Request) { q.Header.Set(wire.HeaderVersion, "new") }},
		"path":            {http.StatusNotFound, func(q *http.Request) { q.URL.Path = "/agent/v1/unknown" }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h := a.Header()
			q := bundleRequest(t, r, h.ID, a.Seal(h, someRun(t, a)))
			c.change(q)
			want(t, regiontest.Do(r, a.Client, q), c.status)
		})
	}
}

func bundleRequest(t *testing.T, r *regiontest.Region, id string, raw []byte) *http.Request {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.URL+wire.PathBundles+"/"+id, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", wire.MediaBundle)
	return q
}

func TestContentDigestAccepted(t *testing.T) { storetest.Each(t, testContentDigestAccepted) }

func testContentDigestAccepted(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	h := a.Header()
	raw := a.Seal(h, someRun(t, a))
	q := bundleRequest(t, r, h.ID, raw)
	sum := sha256.Sum256(raw)
	q.Header.Set("Content-Digest", "md5=:AAAA:, sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
	want(t, regiontest.Do(r, a.Client, q), http.StatusCreated)
}

// TestUnknownAgents hears one sentence whatever is wrong.
func TestUnknownAgents(t *testing.T) { storetest.Each(t, testUnknownAgents) }

func testUnknownAgents(t *testing.T) {
	r := newRegion(t)
	revoked := r.Enrol(siteA)
	if _, err := r.Store.MoveAgent(t.Context(), store.Only(siteA), revoked.ID, store.Revoke, time.Now()); err != nil {
		t.Fatal(err)
	}
	elsewhere := newRegion(t).Enrol(siteA)
	ended := certified(t, r, time.Now().Add(-authority.AgentLife-time.Hour))
	for name, client := range map[string]*http.Client{
		"no_certificate": r.Client(nil), "revoked": revoked.Client, "other_region": elsewhere.Client, "ended": ended.Client,
	} {
		t.Run(name, func(t *testing.T) {
			if name == "other_region" {
				client.Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify = true
			}
			answer := regiontest.Send(r, client, http.MethodPut, wire.PathBundles+"/"+uuid.NewString(), wire.MediaBundle, []byte("{}"))
			want(t, answer, http.StatusUnauthorized)
			if !strings.Contains(string(answer.Body), "the agent is not accepted") {
				t.Errorf("answer %s tells more than it may", answer.Body)
			}
		})
	}
}

// certified makes an agent whose certificate was issued at a moment.
func certified(t *testing.T, r *regiontest.Region, at time.Time) *regiontest.Agent {
	t.Helper()
	return certifiedFor(t, r, at, nil)
}

// certifiedFor makes one whose certificate the region wrote down with another key, if one
// is given.
func certifiedFor(t *testing.T, r *regiontest.Region, at time.Time, other *ecdsa.PrivateKey) *regiontest.Agent {
	t.Helper()
	key := regiontest.NewKey(r)
	written := key
	if other != nil {
		written = other
	}
	request, err := authority.ParseRequest(regiontest.Request(r, key))
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.Must(uuid.NewV7()).String()
	issued, err := r.Authority.Certify(request, siteA, id, at)
	if err != nil {
		t.Fatal(err)
	}
	made, err := r.Store.Enrol(t.Context(), store.Enrolment{
		TokenHash: authority.HashSecret(r.Token(siteA).Secret), AgentID: id, Software: regiontest.Software, At: time.Now(),
		Certificate: func(scanner.FINESS, string) (store.Certificate, error) {
			public, err := x509.MarshalPKIXPublicKey(written.Public())
			return store.Certificate{
				Serial: issued.Serial, AgentID: id, FINESS: siteA, PublicKey: public, KeyDigest: request.KeyID,
				NotBefore: issued.NotBefore, NotAfter: issued.NotAfter,
			}, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.Agent(wire.EnrolResponse{AgentID: id, Certificate: issued.PEM, Establishment: made.Site}, key)
}

func TestConcurrentIdenticalBundles(t *testing.T) { storetest.Each(t, testConcurrentIdenticalBundles) }

func testConcurrentIdenticalBundles(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	h := a.Header()
	raw := a.Seal(h, someRun(t, a))
	answers := make([]regiontest.Answer, 8)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() { answers[i] = a.Put(h.ID, raw) })
	}
	group.Wait()
	created := 0
	for _, answer := range answers {
		if answer.Status == http.StatusCreated {
			created++
		} else {
			want(t, answer, http.StatusOK)
		}
		if diff := cmp.Diff(string(answers[0].Body), string(answer.Body)); diff != "" {
			t.Errorf("receipts differ:\n%s", diff)
		}
	}
	if list, err := r.Store.Bundles(t.Context(), store.Region(), siteA, 10); err != nil || len(list) != 1 || created != 1 {
		t.Errorf("%d bundles kept, %d created, want one: %v", len(list), created, err)
	}
}

func TestTooManyRequestsOfOneAgent(t *testing.T) { storetest.Each(t, testTooManyRequestsOfOneAgent) }

func testTooManyRequestsOfOneAgent(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	for range 200 {
		answer := a.Put("not-a-uuid", []byte("{}"))
		if answer.Status == http.StatusBadRequest {
			continue
		}
		want(t, answer, http.StatusTooManyRequests)
		if answer.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		return
	}
	t.Error("200 requests at once were all answered")
}

func TestUnavailableStoreAcknowledgesNothing(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	h := a.Header()
	raw := a.Seal(h, someRun(t, a))
	if err := r.Store.Close(); err != nil {
		t.Fatal(err)
	}
	answer := a.Put(h.ID, raw)
	want(t, answer, http.StatusServiceUnavailable)
	if answer.Header.Get("Retry-After") == "" || strings.Contains(string(answer.Body), "sql") {
		t.Errorf("answer %s %v", answer.Body, answer.Header)
	}
}

func TestRebuildYieldsTheSameRows(t *testing.T) { storetest.Each(t, testRebuildYieldsTheSameRows) }

func testRebuildYieldsTheSameRows(t *testing.T) {
	r := newRegion(t)
	a, b := r.Enrol(siteA), r.Enrol(siteB)
	start := time.Now().UTC().Add(-time.Hour)
	for i, outcome := range []scanner.Outcome{scanner.Fail, scanner.Inconclusive, scanner.Pass, scanner.Fail, scanner.NotApplicable, scanner.Pass} {
		for _, agent := range []*regiontest.Agent{a, b} {
			agent.Deliver(regiontest.Run(t, agent.Site, start.Add(time.Duration(i)*time.Minute),
				regiontest.Said{Check: "exposure.spf-record", Target: scanner.DomainTarget("chu.test"), Outcome: outcome, Severity: scanner.High},
				regiontest.Said{Check: "exposure.hsts", Target: scanner.DomainTarget("chu.test"), Outcome: scanner.Pass, Severity: scanner.Low}))
		}
	}
	before := r.Rows(regiontest.Projections()...)
	for table, rows := range before {
		if len(rows) == 0 {
			t.Errorf("table %s is empty: nothing is compared", table)
		}
	}
	n, err := ingest.Rebuild(t.Context(), r.Store, r.Judge)
	if err != nil || n != 12 {
		t.Fatalf("%d bundles rebuilt, want 12: %v", n, err)
	}
	if diff := cmp.Diff(before, r.Rows(regiontest.Projections()...)); diff != "" {
		t.Errorf("rows after rebuild (-before +after):\n%s", diff)
	}
}
