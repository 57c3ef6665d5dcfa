// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carescan/scanner"
	"carescan/scanner/settings"
)

func TestParseProviders(t *testing.T) {
	got, faults := Scope{Providers: []string{
		"NS1.Provider.Example.", "*.filtre-é.example", "198.51.100.53", "2001:db8::/32", "192.0.2.77/24",
	}}.ParseProviders()
	want := scanner.Providers{
		Names:  []string{"ns1.provider.example", "*.xn--filtre--hya.example"},
		Ranges: []netip.Prefix{netip.MustParsePrefix("198.51.100.53/32"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("192.0.2.0/24")},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" || len(faults) > 0 {
		t.Errorf("providers (-want +got):\n%s%v", diff, faults)
	}
}

func TestParseProviders_refuses(t *testing.T) {
	for name, test := range map[string]struct {
		scope Scope
		why   string
	}{
		"url":           {Scope{Providers: []string{"https://ns1.provider.example"}}, "n'est pas un nom"},
		"port":          {Scope{Providers: []string{"ns1.provider.example:53"}}, "n'est pas un nom"},
		"comma":         {Scope{Providers: []string{"ns1.provider.example,ns2.provider.example"}}, "n'est pas un nom"},
		"star-inside":   {Scope{Providers: []string{"ns*.provider.example"}}, "n'est pas un nom"},
		"word":          {Scope{Providers: []string{"provider"}}, "n'est pas un nom"},
		"empty":         {Scope{Providers: []string{""}}, "n'est pas un nom"},
		"public-suffix": {Scope{Providers: []string{"*.co.uk"}}, "couvre tous les domaines"},
		"everybody":     {Scope{Providers: []string{"0.0.0.0/0"}}, "bien plus"},
		"wide":          {Scope{Providers: []string{"10.0.0.0/8"}}, "bien plus"},
		"everybody-6":   {Scope{Providers: []string{"::/0"}}, "bien plus"},
		"mapped":        {Scope{Providers: []string{"::ffff:192.0.2.0/120"}}, "n'est pas un nom"},
		"twice":         {Scope{Providers: []string{"ns1.provider.example", "NS1.provider.example"}}, "écrit deux fois"},
		"twice-address": {Scope{Providers: []string{"192.0.2.1", "192.0.2.1/32"}}, "écrit deux fois"},
		"excluded":      {Scope{Providers: []string{"ns1.provider.example"}, ExcludedNames: []string{"*.provider.example"}}, "aussi exclu"},
		"in-scope":      {Scope{Providers: []string{"ns1.chu.example"}, Names: []string{"*.chu.example"}}, "déjà dans scope.names"},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := test.scope.ParseProviders()
			last := len(test.scope.Providers) - 1
			if len(faults) != 1 || !strings.Contains(faults[0].What.FR, test.why) || faults[0].Hint.EN == "" || faults[0].Key != "providers"+settings.At(last) {
				t.Errorf("faults %v, want one with %q", faults, test.why)
			}
		})
	}
	away := Scope{Providers: []string{"ns1.chu.example"}, Names: []string{"*.chu.example"}, Ranges: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
	if p, faults := away.ParseProviders(); len(faults) > 0 || !p.HasName("ns1.chu.example") {
		t.Errorf("a name of ours that a provider serves from its own addresses: %v", faults)
	}
}
