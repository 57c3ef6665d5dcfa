// SPDX-License-Identifier: Apache-2.0

package framing

import (
	"encoding/json"
	"strings"
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
	var read struct {
		Vectors []struct {
			Header string  `json:"header"`
			Value  *string `json:"value"` // nil when the header is absent
			Pass   bool    `json:"pass"`
		} `json:"vectors"`
	}
	if err := json.Unmarshal(scannertest.Vectors(t, "http/headers-observatory.json"), &read); err != nil {
		t.Fatal(err)
	}
	for _, v := range read.Vectors {
		headers := map[string][]string{"x-frame-options": nil}
		if _, ours := headers[strings.ToLower(v.Header)]; !ours {
			continue
		}
		value := ""
		delete(headers, strings.ToLower(v.Header))
		if v.Value != nil {
			value = *v.Value
			headers[strings.ToLower(v.Header)] = []string{value}
		}
		got := judgeAnswer(fact.Hop{Headers: headers})
		if _, known := argued[v.Header+": "+value]; ((got.Outcome == scanner.Pass) != v.Pass) != known {
			t.Errorf("%s: %q is %s (%s), the Observatory passes it: %t", v.Header, value, got.Outcome, got.Reason, v.Pass)
		}
	}
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
