// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"testing"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/lab"
)

// TestObserveThroughTheGuard looks at the lab hospital through the real door,
// whose connections are of its own type.
func TestObserveThroughTheGuard(t *testing.T) {
	t.Parallel()
	door, settings := lab.Open(t)
	sightings, err := New(Options{}).Observe(t.Context(), door, scanner.DomainTarget(settings.Domains[0]))
	if err != nil {
		t.Fatal(err)
	}
	zone, transfer := sightings[0].Fact.(fact.Zone), sightings[1].Fact.(fact.Transfer)
	if zone.NS.Answer != fact.Present || zone.MX.Answer == fact.NoAnswer || missingOf(sightings[0]) != "" {
		t.Errorf("zone %+v, missing %q", zone, missingOf(sightings[0]))
	}
	for _, try := range transfer.Tries {
		if try.Result == fact.TransferFailed {
			t.Errorf("transfer %+v", try)
		}
	}
	checkServers(t, sightings[2].Fact.(fact.Delegation), sightings[3].Fact.(fact.Recursion))
}

func checkServers(t *testing.T, d fact.Delegation, r fact.Recursion) {
	t.Helper()
	if len(d.Servers) != 2 || len(r.Tries) != 2 {
		t.Errorf("%d servers, %d tries", len(d.Servers), len(r.Tries))
	}
	for _, s := range d.Servers {
		for _, at := range s.Addresses {
			if at.UDP.State != fact.ServerAuthoritative || at.TCP.State != fact.ServerAuthoritative || at.SOA == nil {
				t.Errorf("%s: %+v", s.Host, at)
			}
		}
	}
	for _, try := range r.Tries {
		if try.Result != fact.RecursionRefused && try.Result != fact.RecursionNone {
			t.Errorf("recursion %+v", try)
		}
	}
}
