// SPDX-License-Identifier: Apache-2.0

// Package regiontest is a small region in a process, for tests: a real store
// in a temporary folder, a real authority, agents that seal real bundles and
// send them over real mutual TLS.
package regiontest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"carescan/checks"
	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/judge"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/profiles"
	"carescan/scanner"
)

// Region is a region under test.
type Region struct {
	store.Place
	Store     *store.Store
	Authority *authority.Authority
	Accounts  *account.Accounts
	Judge     ingest.Judge
	URL       string // of the agent interface
	// Dial is how agents connect; nil is the network's way.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	t    testing.TB
}

// New opens a region and starts its agent interface. It takes the word of its agents,
// so that a test can have them conclude what it needs.
func New(t testing.TB) *Region {
	t.Helper()
	return NewOn(t, must(net.Listen("tcp", "127.0.0.1:0"))(t))
}

// NewJudging opens a region that judges for itself, as a real one does.
func NewJudging(t testing.TB) *Region {
	t.Helper()
	return open(t, must(net.Listen("tcp", "127.0.0.1:0"))(t), storetest.Place(t), RealJudge(t))
}

// NewJudgedBy opens a region that a test judges.
func NewJudgedBy(t testing.TB, judge ingest.Judge) *Region {
	t.Helper()
	return open(t, must(net.Listen("tcp", "127.0.0.1:0"))(t), storetest.Place(t), judge)
}

// RealJudge is the judge of a real region.
func RealJudge(t testing.TB) ingest.Judge {
	t.Helper()
	return judge.New(checks.All(), must(profiles.Load(checks.All(), nil))(t), Software)
}

// believer takes the word of agents.
type believer struct{}

// Judge returns the claims of a run.
func (believer) Judge(run scanner.Run, _ string) (store.Judged, error) {
	run = run.Stand()
	judged := store.Judged{Profile: run.Profile.ID, Findings: run.Findings, Coverage: run.Coverage}
	for _, c := range run.Controls {
		judged.Controls = append(judged.Controls, c.Control)
	}
	return judged, nil
}

// NewOn opens a region whose agent interface has a listener of the test's own.
func NewOn(t testing.TB, listener net.Listener) *Region {
	t.Helper()
	return open(t, listener, storetest.Place(t), believer{})
}

// Restore opens a region on a data folder that was put back from a copy.
func Restore(t testing.TB, folder string) *Region {
	t.Helper()
	return open(t, must(net.Listen("tcp", "127.0.0.1:0"))(t), store.Place{Folder: folder}, believer{})
}

// Reopen opens a region at a place where one is, judged by a judge.
func Reopen(t testing.TB, place store.Place, judge ingest.Judge) *Region {
	t.Helper()
	return open(t, must(net.Listen("tcp", "127.0.0.1:0"))(t), place, judge)
}

func open(t testing.TB, listener net.Listener, place store.Place, judge ingest.Judge) *Region {
	t.Helper()
	s := must(store.Open(t.Context(), place))(t)
	if err := s.OpenRowKey(); err != nil { // as init does: replicas share all the keys
		t.Fatal(err)
	}
	a := must(authority.Open(place.Folder))(t)
	secret := must(authority.OpenSecret(place.Folder))(t)
	r := &Region{Place: place, Store: s, Authority: a, Accounts: must(account.New(s, secret, "CareScan"))(t), Judge: judge, t: t}
	r.serveAgents(t, listener, ingest.Settings{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// With has the agent interface of the region served by other settings.
func (r *Region) With(settings ingest.Settings) *Region {
	other := *r
	other.serveAgents(r.t, must(net.Listen("tcp", "127.0.0.1:0"))(r.t), settings)
	return &other
}

func (r *Region) serveAgents(t testing.TB, listener net.Listener, settings ingest.Settings) {
	t.Helper()
	server := ingest.New(r.Store, r.Authority, r.Judge, Quiet(), settings).HTTP(r.Authority.ServerCertificate("127.0.0.1"))
	r.URL = "https://" + Serve(t, server, ingest.Guard(listener))
}

// Listen serves TLS on a free port of the loopback, behind a gate, until the test ends.
func Listen(t testing.TB, server *http.Server, guard func(net.Listener) net.Listener) (address string) {
	t.Helper()
	return Serve(t, server, guard(must(net.Listen("tcp", "127.0.0.1:0"))(t)))
}

// Serve serves TLS on a listener until the test ends.
func Serve(t testing.TB, server *http.Server, listener net.Listener) (address string) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.ServeTLS(listener, "", "") // always ends with ErrServerClosed
	}()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return listener.Addr().String()
}

// Quiet is a log that nobody reads.
func Quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Establishment adds an establishment.
func (r *Region) Establishment(finess scanner.FINESS, name string) scanner.Establishment {
	r.t.Helper()
	e := scanner.Establishment{FINESS: finess, LegalFINESS: "690781810", Name: name, Region: "84"}
	if err := r.Store.AddEstablishment(context.Background(), e, time.Now()); err != nil {
		r.t.Fatal(err)
	}
	return e
}

// Client is an HTTP client that trusts the region and shows a certificate, if
// one is given.
func (r *Region) Client(certificate *tls.Certificate) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(r.Authority.PEM()))
	settings := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}
	if certificate != nil {
		settings.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate, nil }
	}
	transport := &http.Transport{TLSClientConfig: settings, ForceAttemptHTTP2: true, DialContext: r.Dial}
	r.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// must stops a test at an error: must(f())(t).
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
