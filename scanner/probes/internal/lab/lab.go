// SPDX-License-Identifier: Apache-2.0

// Package lab opens the real door to the lab hospital for probe tests: the guard
// gives connections of its own type, which a test double would not.
package lab

import (
	"net/netip"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/guard"
	"carescan/scanner/scannertest"
)

// Open starts the lab hospital and a door to it alone.
func Open(t testing.TB) (*guard.Guard, scannertest.Settings) {
	t.Helper()
	hospital, err := scannertest.Start(scannertest.Options{Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hospital.Close() })
	settings := hospital.Settings()
	door, err := guard.New(config(settings))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(door.Stop)
	return door, settings
}

func config(settings scannertest.Settings) guard.Config {
	c := guard.Config{Redirects: settings.Redirects, RatePerHost: 1000, RequestRatePerHost: 1000, Scope: scanner.Scope{
		Names:         settings.ScopeNames,
		Authorisation: scanner.Authorisation{By: "test", From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)},
	}}
	for _, r := range settings.Ranges {
		c.Scope.Ranges = append(c.Scope.Ranges, netip.MustParsePrefix(r))
	}
	for _, r := range settings.Resolvers {
		c.Resolvers = append(c.Resolvers, netip.MustParseAddrPort(r))
	}
	return c
}
