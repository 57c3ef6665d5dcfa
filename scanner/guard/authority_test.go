// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"carescan/scanner"
)

// TestDialAuthority leads to what a certificate names only when it was told to, by
// name, at port 80, at a public address that nothing excludes.
func TestDialAuthority(t *testing.T) {
	ns := startNameServer(t)
	ns.holds("inner.ac.test A", "inner.ac.test. 60 A 127.0.0.1")
	ns.holds("private.ac.test A", "private.ac.test. 60 A 10.1.2.3")
	ns.holds("alias.ac.test A", "alias.ac.test. 60 CNAME secret.chu.test.", "secret.chu.test. 60 A 198.51.100.7")
	ns.holds("excluded.ac.test A", "excluded.ac.test. 60 A 198.51.100.9")
	told := Config{Scope: hospital(), Resolvers: []netip.AddrPort{ns.at}, Authorities: true}
	told.Scope.ExcludedNames, told.Scope.Excluded = []string{"secret.chu.test"}, prefixes("198.51.100.9/32")
	for name, tt := range map[string]struct {
		address string
		change  func(*Config)
		want    scanner.RefusalCode // empty: it connects
	}{
		"declared-place":    {"crl.ac.test:80", func(*Config) {}, ""},
		"not-told":          {"crl.ac.test:80", func(c *Config) { c.Authorities = false }, scanner.RefusedOutOfScope},
		"not-authorised":    {"crl.ac.test:80", func(c *Config) { c.Clock = at(noon.AddDate(1, 0, 0)) }, scanner.RefusedExpired},
		"quiet-hours":       {"crl.ac.test:80", func(c *Config) { c.Quiet = []QuietHours{{From: "11:00", To: "13:00"}} }, scanner.RefusedQuietHours},
		"another-port":      {"crl.ac.test:8080", func(*Config) {}, scanner.RefusedOutOfScope},
		"literal-address":   {"127.0.0.1:8081", func(*Config) {}, scanner.RefusedOutOfScope},
		"literal-at-80":     {"127.0.0.1:80", func(*Config) {}, scanner.RefusedOutOfScope},
		"loopback":          {"inner.ac.test:80", func(*Config) {}, scanner.RefusedOutOfScope},
		"private":           {"private.ac.test:80", func(*Config) {}, scanner.RefusedOutOfScope},
		"excluded-name":     {"secret.chu.test:80", func(*Config) {}, scanner.RefusedExcluded},
		"alias-to-excluded": {"alias.ac.test:80", func(*Config) {}, scanner.RefusedExcluded},
		"excluded-address":  {"excluded.ac.test:80", func(*Config) {}, scanner.RefusedExcluded},
	} {
		t.Run(name, func(t *testing.T) {
			config, place := told, listen(t, "127.0.0.1:0")
			config.Redirects = map[string]string{"crl.ac.test:80": place.Addr().String()}
			tt.change(&config)
			// Through the leash of a look, as probes do.
			leash := NewLeash(t.Context(), newGuard(t, config), scanner.Needs{})
			defer leash.Release()
			conn, err := leash.DialAuthority(t.Context(), tt.address)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				conn.Close()
				return
			}
			wantRefusal(t, err, tt.want)
			if place.accepted.Load() > 0 {
				t.Error("something was contacted all the same")
			}
		})
	}
}

// TestDialAuthority_bounded asks no more authorities than there are.
func TestDialAuthority_bounded(t *testing.T) {
	config := Config{Scope: hospital(), Authorities: true, Redirects: map[string]string{}}
	place := listen(t, "127.0.0.1:0")
	for i := range maxAuthorities + 1 {
		config.Redirects[fmt.Sprintf("crl%d.ac.test:80", i)] = place.Addr().String()
	}
	config.ConcurrentPerHost = 2 * maxAuthorities
	g := newGuard(t, config)
	dial := func(i int) error {
		conn, err := g.DialAuthority(context.Background(), fmt.Sprintf("crl%d.ac.test:80", i))
		if err == nil {
			conn.Close()
		}
		return err
	}
	for i := range maxAuthorities {
		if err := dial(i); err != nil {
			t.Fatal(err)
		}
	}
	wantRefusal(t, dial(maxAuthorities), scanner.RefusedBudget)
	if err := dial(0); err != nil {
		t.Errorf("one that was asked already: %v", err)
	}
}
