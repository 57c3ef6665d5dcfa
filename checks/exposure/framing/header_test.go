// SPDX-License-Identifier: Apache-2.0

package framing

import (
	"testing"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/scannertest"
)

// TestAgainstPublicHeaders compares with the verdicts of the Observatory on public
// values; those where we differ say why.
func TestAgainstPublicHeaders(t *testing.T) {
	argued := map[string]string{
		"X-Frame-Options: SAMEORIGIN, SAMEORIGIN":         "one value said twice is one value (HTML Living Standard)",
		"X-Frame-Options: ALLOW-FROM https://mozilla.org": "browsers no longer know the word (HTML Living Standard)",
	}
	scannertest.AgainstPublicHeaders(t, []string{"X-Frame-Options"}, argued, func(_ string, values []string) scanner.Verdict {
		return judgeAnswer(fact.Hop{Headers: map[string][]string{"x-frame-options": values}})[0]
	})
}

// TestUnderstood follows the algorithm of the HTML Living Standard, section "The
// X-Frame-Options header", steps 2 to 7.
func TestUnderstood(t *testing.T) {
	for options, want := range map[string]bool{
		"DENY": true, "sameorigin": true, "SAMEORIGIN, DENY": true, "DENY, whimsy": true, "SAMEORIGIN,": true, "ALLOWALL": false,
		"ALLOWALL, whimsy": true, "whimsy": false, "whimsy, other": false, "ALLOW-FROM https://a.test": false,
		"ALLOW-FROM https://a.test, SAMEORIGIN": true, "SAMEORIGIN\u00a0": false,
	} {
		if got := understood(options); got != want {
			t.Errorf("%q keeps strangers out: %t, want %t", options, got, want)
		}
	}
}
