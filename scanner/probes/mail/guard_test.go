// SPDX-License-Identifier: Apache-2.0

package mailprobe

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
	found := sightings[0].Fact.(fact.MailPolicy)
	if found.MX.Answer != fact.Present || found.SPF.Result != fact.SPFUsable || found.DMARC.Walk[0].Count != 2 {
		t.Errorf("found %+v", found)
	}
}
