// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"net/netip"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/engine"
	"carescan/scanner/fact"
	"carescan/scanner/scannertest"
)

// TestObserveThroughTheGuard looks at the lab hospital through the real door.
func TestObserveThroughTheGuard(t *testing.T) {
	t.Parallel()
	door, settings := openGuard(t)
	target := scanner.Target{Kind: scanner.KindSite, ID: settings.Sites[0]}
	sightings, err := New(Options{}).Observe(t.Context(), door, target)
	if err != nil {
		t.Fatal(err)
	}
	got := sightings[0].Fact.(fact.Web)
	if got.Reach != fact.Answered || got.Hops[0].Status != 200 || got.Plain.Reach != fact.Answered || got.SecurityTxt.Contacts == 0 {
		t.Errorf("got %+v, plain %+v", got, got.Plain)
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
