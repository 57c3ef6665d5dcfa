// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"net/netip"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/engine"
	"carescan/scanner/fact"
	"carescan/scanner/scannertest"
)

// TestObserveThroughTheGuard looks at the lab hospital through the real door,
// whose connections are of its own type. One of its domains is signed, the other
// is proven not to be.
func TestObserveThroughTheGuard(t *testing.T) {
	t.Parallel()
	door, settings := openGuard(t)
	p, err := New(Options{Anchor: settings.TrustAnchor})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []fact.Security{fact.Secure, fact.Insecure} {
		sightings, err := p.Observe(t.Context(), door, scanner.DomainTarget(settings.Domains[i]))
		if err != nil {
			t.Fatal(err)
		}
		f := sightings[0].Fact.(fact.DNSSEC)
		if f.State != want || sightings[0].Missing != "" || want == fact.Secure && len(f.Servers) != 2 {
			t.Errorf("%+v, want %s", f, want)
		}
		for _, s := range f.Servers {
			for _, set := range s.Sets {
				if set.State != fact.Secure {
					t.Errorf("%s of %s: %+v", set.Type, s.Server, set)
				}
			}
		}
	}
}

// openGuard starts the lab hospital and a door to it alone.
func openGuard(t *testing.T) (*engine.Guard, scannertest.Settings) {
	t.Helper()
	hospital, err := scannertest.Start(scannertest.Options{Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hospital.Close() })
	settings := hospital.Settings()
	config := engine.GuardConfig{Redirects: settings.Redirects, RatePerHost: 1000, Scope: scanner.Scope{
		Names:         settings.ScopeNames,
		Authorisation: scanner.Authorisation{By: "test", From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)},
	}}
	for _, r := range settings.Ranges {
		config.Scope.Ranges = append(config.Scope.Ranges, netip.MustParsePrefix(r))
	}
	for _, r := range settings.Resolvers {
		config.Resolvers = append(config.Resolvers, netip.MustParseAddrPort(r))
	}
	guard, err := engine.NewGuard(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guard.Stop)
	return guard, settings
}
