// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"net/netip"
	"strings"
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
	host := strings.TrimPrefix(settings.Sites[0], "https://")
	sightings, err := New(Options{}).Observe(t.Context(), door, scanner.ServiceTarget(host, 443))
	if err != nil {
		t.Fatal(err)
	}
	got := sightings[0].Fact.(fact.TLS)
	if got.Reach != fact.Answered || len(got.Chain) == 0 || answers(got) != "accepted accepted declined declined" {
		t.Errorf("got %+v", got)
	}
	sightings, err = New(Options{}).Observe(t.Context(), door, scanner.ServiceTarget("www.elsewhere.test", 443))
	if err != nil {
		t.Fatal(err)
	}
	if got := sightings[0].Fact.(fact.TLS); got.Reach != fact.Unreached || sightings[0].Missing == "" {
		t.Errorf("outside the scope: %+v", got)
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
