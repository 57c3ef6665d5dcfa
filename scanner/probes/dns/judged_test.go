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
			observed, err := scanner.Saw(scanner.DomainTarget(name), s.Fact)
			if err != nil {
				t.Fatal(err)
			}
			if observed.Kind != check.Judge.Fact {
				continue
			}
			if len(s.Missing) > 0 {
				observed.Status, observed.Causes = scanner.StatusPartial, s.Missing.Bare()
			}
			f := check.Evaluate(observed, nil)
			said[check.ID] = string(f.Outcome) + " " + f.Reason
			if f.Outcome == scanner.Fail {
				said[check.ID] += " " + string(f.Severity)
			}
			t.Logf("%s: %s %v", check.ID, said[check.ID], f.Values)
		}
	}
	return said
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
