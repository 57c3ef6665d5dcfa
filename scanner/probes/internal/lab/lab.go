// SPDX-License-Identifier: Apache-2.0

// Package lab opens the real door to the lab hospital for probe tests: the guard
// gives connections of its own type, which a test double would not.
package lab

import (
	"net/netip"
	"strings"
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

// World opens the real door to a world with a DNS tree of its own, in a network
// namespace: one resolver, one server of the root, the names and the range in the
// scope.
func World(t testing.TB, resolver, root netip.AddrPort, scope netip.Prefix, names ...string) *guard.Guard {
	t.Helper()
	door, err := guard.New(guard.Config{
		Resolvers: []netip.AddrPort{resolver}, RootHints: []netip.AddrPort{root}, RatePerHost: 1000,
		Scope: scanner.Scope{Names: names, Ranges: []netip.Prefix{scope}, Authorisation: authorisation()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(door.Stop)
	return door
}

// Paced opens the real door to one server of a test on loopback, which a place such as
// "www.chu.test:443" leads to, at so many turns per second.
func Paced(t testing.TB, perSecond float64, place, server string) *guard.Guard {
	t.Helper()
	host, _, _ := strings.Cut(place, ":")
	door, err := guard.New(guard.Config{
		RatePerHost: perSecond, Redirects: map[string]string{place: server},
		Scope: scanner.Scope{Names: []string{host}, Ranges: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Authorisation: authorisation()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(door.Stop)
	return door
}

func authorisation() scanner.Authorisation {
	return scanner.Authorisation{By: "test", From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}
}

func config(settings scannertest.Settings) guard.Config {
	c := guard.Config{Redirects: settings.Redirects, RatePerHost: 1000, Scope: scanner.Scope{
		Names:         settings.ScopeNames,
		Authorisation: authorisation(),
	}}
	for _, r := range settings.Ranges {
		c.Scope.Ranges = append(c.Scope.Ranges, netip.MustParsePrefix(r))
	}
	for _, r := range settings.Resolvers {
		c.Resolvers = append(c.Resolvers, netip.MustParseAddrPort(r))
	}
	return c
}
