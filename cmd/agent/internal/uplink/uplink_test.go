// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
	"carescan/scanner"
)

// site is the establishment of the agents under test.
var site = scanner.Establishment{FINESS: "990000028", Name: "CHU"}

// counterpart is an aggregator's agent interface over real TLS 1.3, with its
// own authority, whose answers a test decides.
type counterpart struct {
	server *httptest.Server
	ca     *x509.Certificate
	key    *ecdsa.PrivateKey
	caPEM  string
	answer func(w http.ResponseWriter, id string, body []byte)
	prove  func(w http.ResponseWriter, body []byte) // of its log; nil for a region without
	life   time.Duration                            // of the certificates it gives
	// heard answers heartbeats; nil refuses them, as an older aggregator does.
	heard func(wire.Heartbeat) wire.HeartbeatAnswer
	shown string // serial number of the certificate shown last
}

func newCounterpart(t *testing.T) *counterpart {
	t.Helper()
	return newCounterpartOn(t, must(new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"))(t))
}

func newCounterpartOn(t *testing.T, listener net.Listener) *counterpart {
	t.Helper()
	c := &counterpart{life: 90 * 24 * time.Hour}
	c.answer = c.accept
	c.key = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	c.ca = c.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true}, &c.key.PublicKey)
	c.caPEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.ca.Raw}))
	serverKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	leaf := c.sign(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, &serverKey.PublicKey)
	clients := x509.NewCertPool()
	clients.AddCert(c.ca)
	c.server = &httptest.Server{Listener: listener, Config: &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serve(t, w, r) }), ReadHeaderTimeout: time.Minute,
	}}
	c.server.TLS = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw, c.ca.Raw}, PrivateKey: serverKey}},
		ClientAuth:   tls.VerifyClientCertIfGiven, ClientCAs: clients,
	}
	c.server.StartTLS()
	t.Cleanup(c.server.Close)
	return c
}

func (c *counterpart) sign(t *testing.T, template *x509.Certificate, public any) *x509.Certificate {
	t.Helper()
	template.SerialNumber = must(rand.Int(rand.Reader, big.NewInt(1<<60)))(t)
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(c.life)
	parent := c.ca
	if parent == nil {
		parent = template
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, parent, public, c.key))(t)))(t)
}

func (c *counterpart) serve(t *testing.T, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if shown := r.TLS.PeerCertificates; len(shown) > 0 {
		c.shown = shown[0].SerialNumber.String()
	}
	switch {
	case r.URL.Path == wire.PathHeartbeat && c.heard != nil && c.shown != "":
		var said wire.Heartbeat
		if err := json.Unmarshal(body, &said); err != nil {
			t.Error(err)
		}
		_ = json.NewEncoder(w).Encode(c.heard(said))
	case r.URL.Path == wire.PathEnrol || (r.URL.Path == wire.PathRenew && len(r.TLS.PeerCertificates) > 0):
		c.certify(t, w, body)
	case strings.HasPrefix(r.URL.Path, wire.PathBundles) && len(r.TLS.PeerCertificates) > 0:
		c.answer(w, r.URL.Path[len(wire.PathBundles)+1:], body)
	case r.URL.Path == wire.PathLog && c.prove != nil && len(r.TLS.PeerCertificates) > 0:
		c.prove(w, body)
	default:
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func (c *counterpart) certify(t *testing.T, w http.ResponseWriter, body []byte) {
	var asked wire.RenewRequest // the part both requests share
	if err := json.Unmarshal(body, &asked); err != nil {
		t.Error(err)
	}
	block, _ := pem.Decode([]byte(asked.CSR))
	csr := must(x509.ParseCertificateRequest(block.Bytes))(t)
	leaf := c.sign(t, &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, csr.PublicKey)
	_ = json.NewEncoder(w).Encode(wire.EnrolResponse{
		AgentID: "agent-1", CA: c.caPEM, SealKey: c.sealKey(t), Establishment: site,
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})),
	})
}

// sealKey is the key the region signs receipts with: here, its authority's.
func (c *counterpart) sealKey(t *testing.T) string {
	t.Helper()
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(&c.key.PublicKey))(t)}))
}

func (c *counterpart) accept(w http.ResponseWriter, id string, body []byte) {
	receipt := wire.Receipt{BundleID: id, Digest: scanner.Digest(body)}
	sum := sha256.Sum256(receipt.SignedBytes())
	receipt.Signature, _ = ecdsa.SignASN1(rand.Reader, c.key, sum[:]) // an empty one is refused
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(receipt)
}

func (c *counterpart) token() wire.Token {
	return wire.Token{URL: c.server.URL, CAPin: scanner.Digest(c.ca.RawSubjectPublicKeyInfo), Secret: "s"}
}

func (c *counterpart) enrolled(t *testing.T) *Uplink {
	t.Helper()
	id := must(identity.Open(t.TempDir()))(t)
	if _, err := Enrol(t.Context(), id, c.token(), nil, "test 1", ""); err != nil {
		t.Fatal(err)
	}
	return must(New(id, must(spool.Open(t.TempDir()))(t), "test 1", ""))(t)
}

func TestEnrolRefusesAnotherAuthority(t *testing.T) {
	c := newCounterpart(t)
	token := c.token()
	token.CAPin = scanner.Digest([]byte("another key"))
	id := must(identity.Open(t.TempDir()))(t)
	if _, err := Enrol(t.Context(), id, token, nil, "test 1", ""); err == nil || !strings.Contains(err.Error(), "authority") {
		t.Errorf("Enrol = %v, want a refusal that names the authority", err)
	}
	if _, err := id.Enrolment(); !errors.Is(err, identity.ErrNotEnrolled) {
		t.Errorf("Enrolment = %v, want nothing kept", err)
	}
}

func TestFlushFilesByAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		answer                  func(http.ResponseWriter, string, []byte) // nil stores and signs
		waiting, sent, rejected int
	}{
		"stored": {nil, 0, 1, 0},
		"unsigned": {func(w http.ResponseWriter, id string, body []byte) {
			_ = json.NewEncoder(w).Encode(wire.Receipt{BundleID: id, Digest: scanner.Digest(body)})
		}, 1, 0, 0},
		"conflict":  {status(http.StatusConflict), 0, 0, 1},
		"malformed": {status(http.StatusBadRequest), 0, 0, 1},
		"semantic":  {status(http.StatusUnprocessableEntity), 0, 0, 1},
		"too-large": {status(http.StatusRequestEntityTooLarge), 0, 0, 1},
		"clock-fast": {func(w http.ResponseWriter, _ string, _ []byte) {
			problem(w, http.StatusUnprocessableEntity, wire.ProblemClock)
		}, 1, 0, 0},
		"damaged": {func(w http.ResponseWriter, _ string, _ []byte) {
			problem(w, http.StatusBadRequest, wire.ProblemDamaged)
		}, 1, 0, 0},
		"too-slow":     {status(http.StatusRequestTimeout), 1, 0, 0},
		"another-said": {func(w http.ResponseWriter, _ string, _ []byte) { w.WriteHeader(http.StatusRequestEntityTooLarge) }, 1, 0, 0},
		"unknown":      {status(http.StatusUnauthorized), 1, 0, 0},
		"forbidden":    {status(http.StatusForbidden), 1, 0, 0},
		"shed":         {status(http.StatusServiceUnavailable), 1, 0, 0},
		"too-many":     {status(http.StatusTooManyRequests), 1, 0, 0},
		"redirect":     {status(http.StatusFound), 1, 0, 0},
		"half-receipt": {func(w http.ResponseWriter, _ string, _ []byte) { _, _ = w.Write([]byte(`{"bundle_id":`)) }, 1, 0, 0},
		"wrong-digest": {func(w http.ResponseWriter, id string, _ []byte) {
			_ = json.NewEncoder(w).Encode(wire.Receipt{BundleID: id, Digest: "sha256:0"})
		}, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounterpart(t)
			if test.answer != nil {
				c.answer = test.answer
			}
			u := c.enrolled(t)
			seal(t, u)
			_ = u.Flush(t.Context())
			got := [3]int{len(must(u.spool.Waiting())(t)), len(must(u.spool.Sent())(t)), len(must(u.spool.Rejected())(t))}
			if want := [3]int{test.waiting, test.sent, test.rejected}; got != want {
				t.Errorf("waiting, sent, rejected = %v, want %v", got, want)
			}
		})
	}
}

func TestSentInOrder(t *testing.T) {
	c := newCounterpart(t)
	var order []string
	c.answer = func(w http.ResponseWriter, id string, body []byte) {
		opened, err := bundle.Open(body, bundle.Options{})
		if err != nil {
			t.Error(err)
			return
		}
		order = append(order, strconv.FormatUint(opened.Header.Seq, 10))
		c.accept(w, id, body)
	}
	u := c.enrolled(t)
	for range 3 {
		seal(t, u)
	}
	if err := u.Flush(t.Context()); err != nil || strings.Join(order, "") != "123" {
		t.Errorf("sent %q, %v, want 1, 2, 3", order, err)
	}
}

// TestSetsAsideWhatWouldHoldUpTheRest shows that a bundle nobody could accept
// neither blocks the others nor is lost.
func TestSetsAsideWhatWouldHoldUpTheRest(t *testing.T) {
	for name, change := range map[string]func(*bundle.Bundle){
		"another establishment": func(b *bundle.Bundle) {
			b.Header.FINESS, b.Run.Establishment.FINESS = "990000036", "990000036"
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := newCounterpart(t).enrolled(t)
			seal(t, u, change)
			seal(t, u)
			if err := u.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if sent, rejected := must(u.spool.Sent())(t), must(u.spool.Rejected())(t); len(sent) != 1 || len(rejected) != 1 {
				t.Errorf("%d sent, %d set aside, want one each", len(sent), len(rejected))
			}
		})
	}
}

// TestSendsWhatTheSameKeySealed whatever the agent was called then: a region
// restored from a copy may have to enrol it anew.
func TestSendsWhatTheSameKeySealed(t *testing.T) {
	for name, called := range map[string]string{"before-enrolment": "", "former-enrolment": "agent-0"} {
		t.Run(name, func(t *testing.T) {
			u := newCounterpart(t).enrolled(t)
			seal(t, u, func(b *bundle.Bundle) { b.Header.AgentID = called })
			if err := u.Flush(t.Context()); err != nil || len(must(u.spool.Sent())(t)) != 1 {
				t.Errorf("Flush = %v, want the bundle sent", err)
			}
		})
	}
}

// TestSendsAgainWhatARestoredRegionLacks plays aggregator-restored-from-backup from
// the side of the agent: what is asked for leaves again, once, and is said.
func TestSendsAgainWhatARestoredRegionLacks(t *testing.T) {
	c := newCounterpart(t)
	u := c.enrolled(t)
	for range 4 {
		seal(t, u)
	}
	if err := u.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	came, told := map[uint64]int{}, []string{}
	c.answer = func(w http.ResponseWriter, id string, body []byte) {
		opened, err := bundle.Open(body, bundle.Options{})
		if err != nil {
			t.Error(err)
			return
		}
		came[opened.Header.Seq]++
		if came[2]+came[3] < 2 {
			w.Header().Set(wire.HeaderMissing, "2-3, 40")
		}
		c.accept(w, id, body)
	}
	u.Tell = func(p *cli.Problem) { told = append(told, p.Sentence.FR) }
	seal(t, u)
	if err := u.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[uint64]int{2: 1, 3: 1, 5: 1}, came); diff != "" {
		t.Errorf("bundles that came (-want +got):\n%s", diff)
	}
	if len(told) != 1 || !strings.Contains(told[0], "2-3, 40") || len(must(u.spool.Sent())(t)) != 5 {
		t.Errorf("told %q", told)
	}
}

// TestBranchIsTold plays state-restored-from-a-snapshot from the side of the agent.
func TestBranchIsTold(t *testing.T) {
	c := newCounterpart(t)
	u := c.enrolled(t)
	c.answer = func(w http.ResponseWriter, id string, body []byte) {
		w.Header().Set(wire.HeaderBranch, "1")
		c.accept(w, id, body)
	}
	var told []string
	u.Tell = func(p *cli.Problem) { told = append(told, p.Sentence.EN) }
	seal(t, u)
	if err := u.Flush(t.Context()); err != nil || len(told) != 1 || !strings.Contains(told[0], "new branch") {
		t.Errorf("Flush = %v, told %q", err, told)
	}
}

func TestRenewsAtOneThirdLeft(t *testing.T) {
	c := newCounterpart(t)
	u := c.enrolled(t)
	before := u.enrolment.Certificate
	u.now = func() time.Time { return time.Now().Add(c.life * 2 / 3) }
	if err := u.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept := must(u.identity.Enrolment())(t)
	if kept.Certificate == before || u.enrolment.Certificate != kept.Certificate {
		t.Error("a certificate with a third of its life left must be renewed and kept")
	}
}

func TestRunNeverGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*24*time.Hour)
		defer cancel()
		id, s := must(identity.Open(t.TempDir()))(t), must(spool.Open(t.TempDir()))(t)
		attempts := 0
		enrolment := identity.Enrolment{EnrolResponse: wire.EnrolResponse{AgentID: "agent-1", Establishment: site}}
		u := &Uplink{identity: id, enrolment: enrolment, spool: s, now: time.Now, client: &client{"https://aggregator.test", &http.Client{
			Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				attempts++
				return nil, errors.New("unplugged")
			}),
		}}}
		seal(t, u)
		u.Run(ctx, nil)
		// A month at half an hour and a second at most, a quarter of an hour on average.
		if attempts < 30*24*2-10 || len(must(s.Waiting())(t)) != 1 {
			t.Errorf("%d attempts in a month, want one at least every half hour and the bundle still waiting", attempts)
		}
	})
}

func TestBackOffBounds(t *testing.T) {
	patient := &answerError{RetryAfter: 10 * time.Minute}
	greedy := &answerError{RetryAfter: 24 * time.Hour}
	for failures := range 100 {
		if wait := backOff(failures, errors.New("x")); wait < firstWait || wait > longWait+firstWait {
			t.Errorf("wait after %d failures = %v", failures, wait)
		}
		if wait := backOff(failures, patient); wait < patient.RetryAfter {
			t.Errorf("wait after %d failures = %v, less than what was asked", failures, wait)
		}
		if wait := backOff(failures, greedy); wait > longWait+firstWait {
			t.Errorf("wait after %d failures = %v, more than the ceiling", failures, wait)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func status(code int) func(http.ResponseWriter, string, []byte) {
	return func(w http.ResponseWriter, _ string, _ []byte) {
		w.Header().Set("Content-Type", wire.MediaProblem)
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(wire.Problem{Title: "no", Status: code})
	}
}

// seal keeps a small real bundle in the spool of an uplink.
func seal(t *testing.T, u *Uplink, change ...func(*bundle.Bundle)) {
	t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	_, err := u.spool.Seal(id, func(seq uint64, previous string) ([]byte, error) {
		now := time.Now().UTC()
		b := bundle.Bundle{
			Header: bundle.Header{ID: id, Seq: seq, Previous: previous, AgentID: "agent-1", Software: "test 1", SealedAt: now, FINESS: site.FINESS},
			Run:    scanner.Run{Schema: scanner.RunSchema, ID: id, Establishment: site, Started: now, Ended: now, Status: scanner.RunComplete},
		}
		for _, c := range change {
			c(&b)
		}
		return bundle.Seal(b, u.identity.Key)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
