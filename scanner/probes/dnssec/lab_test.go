// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"testing"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/lab"
)

// TestObserveThroughTheGuard looks at the lab hospital through the real door,
// whose connections are of its own type. One of its domains is signed, the other
// is proven not to be.
func TestObserveThroughTheGuard(t *testing.T) {
	t.Parallel()
	door, settings := lab.Open(t)
	p, err := New(Options{Anchor: settings.TrustAnchor})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []fact.Security{fact.Secure, fact.Insecure} {
		sightings, err := p.Observe(t.Context(), door, scanner.DomainTarget(settings.Domains[i]))
		if err != nil {
			t.Fatal(err)
		}
		f := sightings[0].Fact.(fact.DNSSEC)
		if f.State != want || len(sightings[0].Missing) > 0 || want == fact.Secure && len(f.Servers) != 2 {
			t.Errorf("%+v, want %s", f, want)
		}
		for _, s := range f.Servers {
			for _, set := range s.Sets {
				if set.State != fact.Secure {
					t.Errorf("%s of %s: %+v", set.Type, s.Server, set)
				}
			}
		}
	}
}
