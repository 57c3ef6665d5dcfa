// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"strings"
	"testing"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/lab"
)

// TestObserveThroughTheGuard looks at the lab hospital through the real door.
func TestObserveThroughTheGuard(t *testing.T) {
	t.Parallel()
	door, settings := lab.Open(t)
	host := strings.TrimPrefix(settings.Sites[0], "https://")
	sightings, err := New(Options{}).Observe(t.Context(), door, scanner.ServiceTarget(host, 443))
	if err != nil {
		t.Fatal(err)
	}
	got := sightings[0].Fact.(fact.TLS)
	if got.Reach != fact.Answered || len(got.Chain) == 0 || answers(got) != "accepted accepted declined declined" {
		t.Errorf("got %+v", got)
	}
	sightings, err = New(Options{}).Observe(t.Context(), door, scanner.ServiceTarget("www.elsewhere.test", 443))
	if err != nil {
		t.Fatal(err)
	}
	if got := sightings[0].Fact.(fact.TLS); got.Reach != fact.Unreached || len(sightings[0].Missing) == 0 {
		t.Errorf("outside the scope: %+v", got)
	}
}
