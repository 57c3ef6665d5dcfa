// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"testing"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/lab"
)

// TestObserveThroughTheGuard looks at the lab hospital through the real door.
func TestObserveThroughTheGuard(t *testing.T) {
	t.Parallel()
	door, settings := lab.Open(t)
	target := scanner.Target{Kind: scanner.KindSite, ID: settings.Sites[0]}
	sightings, err := New(Options{}).Observe(t.Context(), door, target)
	if err != nil {
		t.Fatal(err)
	}
	got := sightings[0].Fact.(fact.Web)
	if got.Reach != fact.Answered || got.Hops[0].Status != 200 || got.Plain.Reach != fact.Answered || got.SecurityTxt.Contacts == 0 {
		t.Errorf("got %+v, plain %+v", got, got.Plain)
	}
}
