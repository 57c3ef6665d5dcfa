// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"errors"
	"testing"
	"time"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner/settings"
)

// TestNarrowTakesADomainOnce: names have no case (RFC 4343 section 2), and an ending
// that everybody shares is nobody's domain.
func TestNarrowTakesADomainOnce(t *testing.T) {
	c, err := Narrow(config.Default(sources.Sections()), []string{"CHU.test.", "chu.test", "hôpital.test"})
	if want := "chu.test, xn--hpital-ixa.test"; err != nil || c.Establishment.Name != want || len(c.Targets.Sites) != 4 {
		t.Errorf("Narrow = %q with sites %q, %v, want %q", c.Establishment.Name, c.Targets.Sites, err, want)
	}
	for _, domain := range []string{"gouv.fr", "fr", "*.chu.test", "https://chu.test"} {
		if _, err := Narrow(config.Default(sources.Sections()), []string{domain}); err == nil {
			t.Errorf("Narrow to %q is accepted", domain)
		}
	}
}

// TestTheLastDayIsIncluded holds the ordinary reading of "jusqu'au": until the last
// instant of the day in Paris, and that day is the one shown.
func TestTheLastDayIsIncluded(t *testing.T) {
	last, err := settings.ParseDay("2026-11-30")
	if err != nil {
		t.Fatal(err)
	}
	c := config.Config{Scope: config.Scope{
		Names: []string{"chu.test"}, Authorisation: config.Authorisation{By: "DG", From: last, Until: last},
	}}
	for name, test := range map[string]struct{ at, want string }{
		"eve":           {"2026-11-29T22:59:59Z", "l'autorisation ne commence que le 30 novembre 2026"},
		"first-instant": {"2026-11-29T23:00:00Z", ""},
		"last-instant":  {"2026-11-30T22:59:59.999999999Z", ""},
		"next-day":      {"2026-11-30T23:00:00Z", "l'autorisation a expiré le 30 novembre 2026"},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, test.at)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if faults, ok := errors.AsType[settings.Faults](requireAuthority(c, at)); ok {
				got = faults[0].What.FR
			}
			if got != test.want {
				t.Errorf("at %s: %q, want %q", test.at, got, test.want)
			}
		})
	}
}
