// SPDX-License-Identifier: Apache-2.0

package contenttyping

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
		"Referrer-Policy: ":                         "absent, browsers choose: the catalogue wants it said (EXP-HTTP-05)",
		"Referrer-Policy: origin":                   "it tells the site and never the page: the catalogue refuses the two that tell the address (EXP-HTTP-05)",
		"Referrer-Policy: origin-when-cross-origin": "as above",
		"X-Content-Type-Options: nosniff, nosniff":  "the first of the values counts (Fetch, \"determine nosniff\")",
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
		headers := map[string][]string{"x-content-type-options": {"nosniff"}, "referrer-policy": {"no-referrer"}, "content-type": {"text/html; charset=utf-8"}}
		if _, ours := headers[strings.ToLower(v.Header)]; !ours {
			continue
		}
		value := ""
		delete(headers, strings.ToLower(v.Header))
		if v.Value != nil {
			value = *v.Value
			headers[strings.ToLower(v.Header)] = []string{value}
		}
		got := judgeAnswer(fact.Hop{Headers: headers}, "")
		if _, known := argued[v.Header+": "+value]; ((got.Outcome == scanner.Pass) != v.Pass) != known {
			t.Errorf("%s: %q is %s (%s), the Observatory passes it: %t", v.Header, value, got.Outcome, got.Reason, v.Pass)
		}
	}
}

// TestNosniff follows Fetch, "determine nosniff".
func TestNosniff(t *testing.T) {
	for name, tt := range map[string]struct {
		values []string
		want   bool
	}{
		"once": {[]string{"nosniff"}, true}, "joined": {[]string{"nosniff, nosniff"}, true}, "first_counts": {[]string{"NOSNIFF, x"}, true},
		"second": {[]string{"x, nosniff"}, false}, "second_field": {[]string{"x", "nosniff"}, false}, "empty_first": {[]string{"", "nosniff"}, false},
		"blank": {[]string{" nosniff\t"}, true}, "no_break_space": {[]string{"nosniff\u00a0"}, false}, "absent": {nil, false},
	} {
		if got := nosniff(tt.values); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
