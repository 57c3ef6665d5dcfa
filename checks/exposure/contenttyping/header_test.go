// SPDX-License-Identifier: Apache-2.0

package contenttyping

import (
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
	scannertest.AgainstPublicHeaders(t, []string{"X-Content-Type-Options", "Referrer-Policy"}, argued, func(header string, values []string) scanner.Verdict {
		headers := map[string][]string{"x-content-type-options": {"nosniff"}, "referrer-policy": {"no-referrer"}, "content-type": {"text/html; charset=utf-8"}}
		headers[strings.ToLower(header)] = values
		return judgeAnswer(fact.Hop{Headers: headers}, "")[0]
	})
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
