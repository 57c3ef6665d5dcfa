// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/checks/exposure/delegation"
	"carescan/checks/exposure/openrecursion"
	"carescan/checks/exposure/zonetransfer"
	"carescan/scanner"
	"carescan/scanner/probes/internal/loopback"
)

// verdicts are what the checks of name servers say of a look, in two words each.
func verdicts(t *testing.T, n scanner.Network, name string, o Options) map[string]string {
	t.Helper()
	sightings, err := New(o).Observe(t.Context(), n, scanner.DomainTarget(name))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, check := range []scanner.Check{delegation.Check, openrecursion.Check, zonetransfer.Check} {
		for _, s := range sightings {
			if s.Fact.FactKind() != check.Judge.Fact {
				continue
			}
			f := check.Evaluate(observation(t, name, s), nil)
			said[check.ID] = string(f.Outcome) + " " + f.Reason
			if f.Outcome == scanner.Fail {
				said[check.ID] += " " + string(f.Severity)
			}
			t.Logf("%s: %s %v", check.ID, said[check.ID], f.Values)
		}
	}
	return said
}

// observation is a sighting as it is judged.
func observation(t *testing.T, name string, s scanner.Sighting) scanner.Observation {
	t.Helper()
	o, err := scanner.Saw(scanner.DomainTarget(name), s.Fact)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Missing) > 0 {
		o.Status, o.Causes = scanner.StatusPartial, s.Missing.Bare()
	}
	return o
}

// TestOneServerMissing: a third name server that does not exist is told by the
// check of the delegation, and the others are judged on those that exist.
func TestOneServerMissing(t *testing.T) {
	t.Parallel()
	third := strings.NewReplacer("@ IN NS ns2\n", "@ IN NS ns2\n@ IN NS ns3\n", "chu IN NS ns2.chu\n", "chu IN NS ns2.chu\nchu IN NS ns3.chu\n")
	chu := map[string]string{"chu.test": third.Replace(chuZone)}
	registry := nsd.start(t, map[string]string{"test": third.Replace(testZone)})
	n := chuNetwork(t, registry, nsd.start(t, chu), knot.start(t, chu)) // BIND refuses such a zone
	n.Recursives = []netip.AddrPort{loopback.ServeDNS(t, newZone(t, true, `chu.test. IN NS ns1.chu.test.
chu.test. IN NS ns2.chu.test.
chu.test. IN NS ns3.chu.test.
`))}
	want := map[string]string{
		"exposure.delegation": "fail missing medium", "exposure.open-recursion": "pass closed", "exposure.zone-transfer": "pass refused",
	}
	if diff := cmp.Diff(want, verdicts(t, n, "chu.test", Options{})); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

// TestSubZone: the zone above a delegated sub-zone is the domain's own; its servers
// tell the delegation when the scope permits them.
func TestSubZone(t *testing.T) {
	t.Parallel()
	const below = `$TTL 300
@ IN SOA ns1 hostmaster 2026112201 14400 3600 1209600 300
@ IN NS ns1
@ IN NS ns2
ns1 IN A 192.0.2.11
ns2 IN A 198.51.100.11
`
	tests := map[string]struct {
		delegated string // beside ns1
		above     bool   // the servers of the domain are in the scope
		want      string
	}{
		"aligned":       {"site IN NS ns2.site\n", true, "pass aligned"},
		"differs":       {"site IN NS ns3.site\nns3.site IN A 192.0.2.13\n", true, "fail parent-differs low"},
		"above_unasked": {"site IN NS ns2.site\n", false, "inconclusive parent-unknown"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent := chuZone + "site IN NS ns1.site\nns1.site IN A 192.0.2.11\nns2.site IN A 198.51.100.11\n" + tt.delegated
			above := nsd.start(t, map[string]string{"chu.test": parent})
			zone := bind.start(t, map[string]string{"site.chu.test": below})
			n := &loopback.Network{
				Recursives: []netip.AddrPort{loopback.ServeDNS(t, newZone(t, true, `chu.test. IN NS ns1.chu.test.
chu.test. IN NS ns2.chu.test.
site.chu.test. IN NS ns1.site.chu.test.
site.chu.test. IN NS ns2.site.chu.test.
`))},
				Routes: map[string]string{"ns1.site.chu.test:53": zone.String(), "ns2.site.chu.test:53": zone.String(), "ns3.site.chu.test:53": zone.String()},
				Addresses: map[string][]netip.Addr{
					"ns1.chu.test": {netip.MustParseAddr("192.0.2.1")}, "ns2.chu.test": {netip.MustParseAddr("198.51.100.1")},
					"ns1.site.chu.test": {netip.MustParseAddr("192.0.2.11")}, "ns2.site.chu.test": {netip.MustParseAddr("198.51.100.11")},
					"ns3.site.chu.test": {netip.MustParseAddr("192.0.2.13")},
				},
			}
			if tt.above {
				n.Routes["ns1.chu.test:53"], n.Routes["ns2.chu.test:53"] = above.String(), above.String()
			}
			if got := verdicts(t, n, "site.chu.test", Options{})["exposure.delegation"]; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
