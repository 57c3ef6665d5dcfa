// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/nuclei"
)

// TestMain makes the test binary able to be a worker, as carescan-templates is.
func TestMain(m *testing.M) {
	role := ""
	if len(os.Args) > 1 {
		role = os.Args[1]
	}
	switch role {
	case nuclei.Work:
		os.Exit(Run(os.Stdin, os.Stdout))
	case "unlocked-worker":
		os.Exit(runUnlocked())
	case "try-ways-out":
		os.Exit(tryWaysOut())
	}
	os.Exit(m.Run())
}

// runUnlocked leaves the locks of the kernel out, as on systems without them.
func runUnlocked() int {
	input := nuclei.NewInput(os.Stdin)
	plan, err := input.Plan()
	if err == nil {
		err = work(plan, input, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// site is a scope of one name, which leads to a server of the test.
type site struct{ name, address string }

func (s site) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if err := s.Permits(ctx, host); err != nil {
		return nil, err
	}
	return (&net.Dialer{}).DialContext(ctx, network, s.address)
}

func (s site) Permits(_ context.Context, place string) error {
	host, _, err := net.SplitHostPort(place)
	if err != nil {
		host = place // without a port
	}
	if host != s.name {
		return &scanner.Refusal{Code: scanner.RefusedOutOfScope, Address: place, Detail: "not declared"}
	}
	return nil
}

func (site) Pace(context.Context, string) error                        { return nil }
func (s site) Lookup(context.Context, string) ([]netip.Addr, error)    { return nil, nil }
func (s site) Resolvers() []netip.AddrPort                             { return nil }
func (site) Parents(context.Context, string) ([]netip.AddrPort, error) { return nil, nil }
func (site) Intrusive() error                                          { return nil }
func (s site) UserAgent() string                                       { return "CareScan-test (+https://carescan.test)" }

const (
	siteName = "www.chu.test"
	siteURL  = "https://" + siteName
)

var siteTarget = scanner.Target{Kind: scanner.KindSite, ID: siteURL}

// serve starts a site over TLS.
func serve(t *testing.T, pages http.Handler) site {
	t.Helper()
	server := httptest.NewTLSServer(pages)
	t.Cleanup(server.Close)
	return site{siteName, strings.TrimPrefix(server.URL, "https://")}
}

// self is the test binary.
func self(t testing.TB) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// hashOf is how a program is recognised.
func hashOf(t testing.TB, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(scanner.Digest(raw), "sha256:")
}

func newProbe(t *testing.T, o nuclei.Options) *nuclei.Probe {
	t.Helper()
	if o.Program.Path == "" {
		o.Program.Path = self(t)
	}
	if o.Program.SHA256 == "" {
		o.Program.SHA256 = hashOf(t, o.Program.Path)
	}
	p, err := nuclei.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// observe looks once at the site and returns what was seen.
func observe(t *testing.T, p *nuclei.Probe, n scanner.Network, at scanner.Target) (fact.Templates, scanner.Sighting) {
	t.Helper()
	sightings, err := p.Observe(t.Context(), n, at)
	if err != nil {
		t.Fatal(err)
	}
	if len(sightings) != 1 {
		t.Fatalf("got %d sightings, want 1", len(sightings))
	}
	seen, ok := sightings[0].Fact.(fact.Templates)
	if !ok {
		t.Fatalf("got a %T, want fact.Templates", sightings[0].Fact)
	}
	return seen, sightings[0]
}
