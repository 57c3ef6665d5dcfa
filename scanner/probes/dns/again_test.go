// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// TestSecondLookBringsWhatIsWanted: of four kinds of fact, those in doubt are brought,
// whole, and the servers are met for nothing else.
func TestSecondLookBringsWhatIsWanted(t *testing.T) {
	t.Parallel()
	resolver := loopback.ServeDNS(t, newZone(t, true, hospital))
	own := loopback.ServeDNS(t, newZone(t, false, hospital))
	caa := fact.Zone{}.FactKind()
	for name, test := range map[string]struct {
		doubts  map[string][]string
		kinds   []string
		streams int // connections over TCP
	}{
		"zone":       {map[string][]string{caa: {fact.ZoneCAA}}, []string{"dns-zone"}, 0},
		"signatures": {map[string][]string{caa: {fact.ZoneDS}}, []string{"dns-zone"}, 0},
		"transfer":   {map[string][]string{"zone-transfer": nil}, []string{"zone-transfer"}, 1},
		"recursion":  {map[string][]string{"dns-recursion": nil}, []string{"dns-recursion"}, 0},
		"delegation": {map[string][]string{"dns-delegation": {fact.DelegationServers}}, []string{"dns-delegation"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			network := &loopback.Network{Recursives: []netip.AddrPort{resolver}, Routes: map[string]string{"ns1.chu.test:53": own.String()}}
			sightings, err := New(Options{}).Observe(scanner.WithSecondLook(t.Context(), test.doubts), network, scanner.DomainTarget("chu.test"))
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			for _, s := range sightings {
				kinds = append(kinds, s.Fact.FactKind())
			}
			if diff := cmp.Diff(test.kinds, kinds); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
			streams := 0
			for _, dial := range network.Dials() {
				if strings.HasPrefix(dial, "tcp") && strings.HasSuffix(dial, ":53") {
					streams++
				}
			}
			if streams != test.streams {
				t.Errorf("%d connections over TCP, want %d: %q", streams, test.streams, network.Dials())
			}
			if name == "signatures" {
				if diff := cmp.Diff([]scanner.Gap{scanner.NotAgain(fact.ZoneCAA)}, sightings[0].Unread); diff != "" {
					t.Errorf("left out (-want +got):\n%s", diff)
				}
			}
		})
	}
}
