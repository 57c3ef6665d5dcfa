// SPDX-License-Identifier: Apache-2.0

package dnsprobe

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
// whose connections are of its own type.
func TestObserveThroughTheGuard(t *testing.T) {
	t.Parallel()
	door, settings := openGuard(t)
	sightings, err := New(Options{}).Observe(t.Context(), door, scanner.DomainTarget(settings.Domains[0]))
	if err != nil {
		t.Fatal(err)
	}
	zone, transfer := sightings[0].Fact.(fact.Zone), sightings[1].Fact.(fact.Transfer)
	if zone.NS.Answer != fact.Present || zone.MX.Answer == fact.NoAnswer || sightings[0].Missing != "" {
		t.Errorf("zone %+v, missing %q", zone, sightings[0].Missing)
	}
	for _, try := range transfer.Tries {
		if try.Result == fact.TransferFailed {
			t.Errorf("transfer %+v", try)
		}
	}
	checkServers(t, sightings[2].Fact.(fact.Delegation), sightings[3].Fact.(fact.Recursion))
}

func checkServers(t *testing.T, d fact.Delegation, r fact.Recursion) {
	t.Helper()
	if len(d.Servers) != 2 || len(r.Tries) != 2 {
		t.Errorf("%d servers, %d tries", len(d.Servers), len(r.Tries))
	}
	for _, s := range d.Servers {
		for _, at := range s.Addresses {
			if at.UDP.State != fact.ServerAuthoritative || at.TCP.State != fact.ServerAuthoritative || at.SOA == nil {
				t.Errorf("%s: %+v", s.Host, at)
			}
		}
	}
	for _, try := range r.Tries {
		if try.Result != fact.RecursionRefused && try.Result != fact.RecursionNone {
			t.Errorf("recursion %+v", try)
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
