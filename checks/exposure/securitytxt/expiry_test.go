// SPDX-License-Identifier: Apache-2.0

package securitytxt

import (
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// TestExpiry reads dates as RFC 3339 section 5.6 has them, its note included, and
// those of the public files.
func TestExpiry(t *testing.T) {
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for expires, want := range map[string]string{
		"2027-06-18T11:08:19Z":            "valid",
		"2027-06-18t11:08:19z":            "valid",
		"2027-06-18T11:08:19.5+02:00":     "valid",
		"2028-06-18T11:08:19Z":            "valid", // above a year is a recommendation only
		"2026-11-30T23:59:59z":            "expired",
		"2027-06-18":                      "unreadable-expiry",
		"2027-06-18 11:08:19Z":            "unreadable-expiry",
		"2027-06-18T1:08:19Z":             "unreadable-expiry",
		"2027-06-18T11:08:19,5Z":          "unreadable-expiry",
		"Thu, 31 Dec 2026 18:37:07 -0800": "unreadable-expiry", // the drafts before RFC 9116
		"":                                "no-expiry",
	} {
		txt := fact.SecurityTxt{Reach: fact.Answered, Status: 200, Contacts: 1, Expires: expires}
		w := fact.Web{Reach: fact.Answered, Hops: []fact.Hop{{Status: 200}}, SecurityTxt: txt}
		if got := judge(scanner.Case[struct{}]{At: at}, w); got.Reason != want {
			t.Errorf("%q is %s, want %s", expires, got.Reason, want)
		}
	}
}
