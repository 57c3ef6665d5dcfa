// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"carescan/checks"
	"carescan/cmd/aggregator/internal/store"
	"carescan/reports"
	"carescan/reports/bundle"
	"carescan/reports/render/html"
	"carescan/scanner"
	"carescan/scanner/engine"
	httpprobe "carescan/scanner/probes/http"
)

const (
	noisySites = 40
	noiseOfOne = 64 << 10 // bytes of each answer, random and so incompressible
)

// TestRunOfNoisySites lets the real probe look at sites whose every answer is
// noise, more than a bundle holds: the run is sealed, received and shown.
func TestRunOfNoisySites(t *testing.T) {
	run := lookAtNoise(t)
	r := newRegion(t)
	a := r.Enrol(siteA)
	run.Establishment = a.Site
	h := a.Header()
	raw := a.Seal(h, run)
	want(t, a.Put(h.ID, raw), http.StatusCreated)
	kept, err := r.Store.Sealed(t.Context(), store.Only(siteA), siteA, h.ID)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := bundle.Open(kept, bundle.Options{Key: a.Key.Public()})
	if err != nil {
		t.Fatal(err)
	}
	held, dropped := len(opened.Run.Artifacts), len(opened.Run.Dropped())
	if len(opened.Run.Findings) != noisySites || len(opened.Run.Observations) != len(run.Observations) {
		t.Errorf("%d findings on %d observations came, %d on %d were sealed",
			len(opened.Run.Findings), len(opened.Run.Observations), noisySites, len(run.Observations))
	}
	if dropped == 0 || held+dropped != len(run.Artifacts) {
		t.Errorf("%d artifacts held and %d dropped, of %d", held, dropped, len(run.Artifacts))
	}
	var page bytes.Buffer
	if err := html.Write(&page, reports.Document{Run: opened.Run, Now: time.Now()}, scanner.English); err != nil {
		t.Fatal(err)
	}
	if shown := strings.Count(page.String(), "not kept: the sealed bundle had no room for it"); shown != dropped {
		t.Errorf("%d artifacts are shown as dropped, want %d", shown, dropped)
	}
}

// lookAtNoise is a run of the real engine and the real probe.
func lookAtNoise(t *testing.T) scanner.Run {
	t.Helper()
	noise := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.CopyN(w, rand.Reader, noiseOfOne)
	})
	check, _ := checks.ByID("exposure.security-txt")
	plan := scanner.Plan{Vantage: scanner.VantageInternet, Checks: []scanner.PlannedCheck{{Check: check}}}
	for range noisySites {
		server := httptest.NewUnstartedServer(noise)
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // the probe trusts no test certificate
		server.StartTLS()
		t.Cleanup(server.Close)
		plan.Tasks = append(plan.Tasks, scanner.Task{Probe: "http", Target: scanner.Target{Kind: scanner.KindSite, ID: server.URL}})
	}
	e := engine.Engine{
		Probes: []scanner.Probe{httpprobe.New(httpprobe.Options{})}, Network: loopback{},
		ConfirmAfter: time.Millisecond, Software: "carescan-agent 0.1.0-test",
	}
	return e.Run(t.Context(), plan)
}

// loopback is a door that opens to this machine only.
type loopback struct{}

func (loopback) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().IsLoopback() {
		return nil, &scanner.Refusal{Code: scanner.RefusedOutOfScope, Address: address}
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (loopback) Permits(context.Context, string) error { return nil }

func (loopback) Pace(context.Context, string) error { return nil }

func (loopback) Lookup(_ context.Context, host string) ([]netip.Addr, error) {
	addr, err := netip.ParseAddr(host)
	return []netip.Addr{addr}, err
}

func (loopback) Resolvers() []netip.AddrPort { return nil }

func (loopback) Parents(context.Context, string) ([]netip.AddrPort, error) { return nil, nil }

func (loopback) Intrusive() error { return &scanner.Refusal{Code: scanner.RefusedIntrusive} }

func (loopback) UserAgent() string { return "carescan-test" }
