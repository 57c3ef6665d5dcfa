// SPDX-License-Identifier: Apache-2.0

package mailprobe

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
	found := sightings[0].Fact.(fact.MailPolicy)
	if found.MX.Answer != fact.Present || found.SPF.Result != fact.SPFUsable || found.DMARC.Walk[0].Count != 2 {
		t.Errorf("found %+v", found)
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
