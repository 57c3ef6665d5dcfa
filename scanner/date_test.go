// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"testing"
	"time"

	"carescan/scanner"
)

// TestAuthorisation_Days holds that the days of an authorisation are those of France,
// whatever zone its moments were sealed in.
func TestAuthorisation_Days(t *testing.T) {
	for name, test := range map[string]struct{ from, until, first, last string }{
		"winter-in-utc":   {"2026-11-30T23:00:00Z", "2027-01-31T23:00:00Z", "2026-12-01", "2027-01-31"},
		"summer-in-utc":   {"2027-05-31T22:00:00Z", "2027-06-01T22:00:00Z", "2027-06-01", "2027-06-01"},
		"written-in-zone": {"2026-12-01T00:00:00+01:00", "2027-02-01T00:00:00+01:00", "2026-12-01", "2027-01-31"},
		"midnight-of-utc": {"2026-12-01T00:00:00Z", "2026-12-31T00:00:00Z", "2026-12-01", "2026-12-31"},
	} {
		t.Run(name, func(t *testing.T) {
			var a scanner.Authorisation
			for text, at := range map[string]*time.Time{test.from: &a.From, test.until: &a.Until} {
				moment, err := time.Parse(time.RFC3339, text)
				if err != nil {
					t.Fatal(err)
				}
				*at = moment
			}
			first, last := a.Days()
			if got := [2]string{first.Format(time.DateOnly), last.Format(time.DateOnly)}; got != [2]string{test.first, test.last} {
				t.Errorf("days %v, want %s and %s", got, test.first, test.last)
			}
		})
	}
	if first, last := (scanner.Authorisation{}).Days(); !first.IsZero() || !last.IsZero() {
		t.Errorf("days %s and %s of no authorisation", first, last)
	}
}
