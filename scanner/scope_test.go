// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"net/netip"
	"testing"
	"time"

	"carescan/scanner"
)

func TestScope_HasName(t *testing.T) {
	scope := scanner.Scope{
		Names:         []string{"chu.test", "*.CHU.test.", "*.clinique.test"},
		ExcludedNames: []string{"secret.chu.test", "*.prive.chu.test"},
	}
	tests := map[string]bool{
		"chu.test": true, "CHU.TEST": true, "chu.test.": true, " chu.test ": true, //nolint:gocritic // spaces are the point
		"www.chu.test": true, "a.b.c.chu.test": true,
		"www.clinique.test": true, "clinique.test": false, // a star covers what is below only
		"evilchu.test": false, "chu.test.evil.test": false, "chu": false, "test": false, "": false, ".": false, ".chu.test": true,
		"secret.chu.test": false, "Secret.Chu.Test.": false, "below.secret.chu.test": true,
		"x.prive.chu.test": false, "prive.chu.test": true,
		"*.chu.test": true, // a name like another: no DNS answers it outside a wildcard
	}
	for name, want := range tests {
		if got := scope.HasName(name); got != want {
			t.Errorf("%q in scope is %t, want %t", name, got, want)
		}
	}
	if (scanner.Scope{}).HasName("chu.test") {
		t.Error("an empty scope holds a name")
	}
}

func TestScope_HasAddress(t *testing.T) {
	scope := scanner.Scope{
		Ranges:   []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8::/32")},
		Excluded: []netip.Prefix{netip.MustParsePrefix("10.1.9.0/24"), netip.MustParsePrefix("2001:db8:9::/48"), netip.MustParsePrefix("192.0.2.1/32")},
	}
	tests := []struct {
		addr          string
		has, excludes bool
	}{
		{"10.1.0.0", true, false},
		{"10.1.255.255", true, false},
		{"10.2.0.0", false, false},
		{"10.0.255.255", false, false},
		{"10.1.8.255", true, false},
		{"10.1.9.0", false, true},
		{"10.1.9.255", false, true},
		{"10.1.10.0", true, false},
		{"::ffff:10.1.0.1", true, false},
		{"::ffff:10.1.9.1", false, true},
		{"2001:db8::1", true, false},
		{"2001:db8:9::1", false, true},
		{"2001:db9::1", false, false},
		{"192.0.2.1", false, true},
	}
	for _, tc := range tests {
		addr := netip.MustParseAddr(tc.addr)
		if got := scope.HasAddress(addr); got != tc.has {
			t.Errorf("%s in scope is %t, want %t", addr, got, tc.has)
		}
		if got := scope.Excludes(addr); got != tc.excludes {
			t.Errorf("%s excluded is %t, want %t", addr, got, tc.excludes)
		}
	}
}

func TestAuthorisation_ValidAt(t *testing.T) {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	until := from.Add(30 * 24 * time.Hour)
	whole := scanner.Authorisation{By: "Directrice générale", From: from, Until: until}
	tests := []struct {
		name string
		a    scanner.Authorisation
		at   time.Time
		want bool
	}{
		{"before", whole, from.Add(-time.Nanosecond), false},
		{"first-moment", whole, from, true},
		{"during", whole, from.Add(time.Hour), true},
		{"during-in-another-zone", whole, from.Add(time.Hour).In(time.FixedZone("Mayotte", 3*3600)), true},
		{"last-moment", whole, until.Add(-time.Nanosecond), true},
		{"at-the-end", whole, until, false},
		{"after", whole, until.Add(time.Hour), false},
		{"by-nobody", scanner.Authorisation{From: from, Until: until}, from, false},
		{"without-end", scanner.Authorisation{By: "DG", From: from}, from, false},
		{"without-beginning", scanner.Authorisation{By: "DG", Until: until}, from, true},
		{"empty", scanner.Authorisation{}, from, false},
		{"ends-before-it-begins", scanner.Authorisation{By: "DG", From: until, Until: from}, from, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.a.ValidAt(tc.at); got != tc.want {
				t.Errorf("valid is %t, want %t", got, tc.want)
			}
		})
	}
}
