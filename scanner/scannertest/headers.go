// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"encoding/json"
	"net/textproto"
	"slices"
	"testing"

	"carescan/scanner"
)

// publicHeader is a header of an answer, and what the Observatory of Mozilla says of
// it.
type publicHeader struct {
	Header string  `json:"header"`
	Value  *string `json:"value"` // nil when the header is absent
	Pass   bool    `json:"pass"`
}

// AgainstPublicHeaders compares a judgement of some headers with the verdicts of the
// Observatory on public values, given as the values of one header: none when it is
// absent. Where we differ, argued says why, by "Header: value".
func AgainstPublicHeaders(t *testing.T, headers []string, argued map[string]string, judge func(header string, values []string) scanner.Verdict) {
	t.Helper()
	var read struct {
		Vectors []publicHeader `json:"vectors"`
	}
	if err := json.Unmarshal(Vectors(t, "http/headers-observatory.json"), &read); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, v := range read.Vectors {
		if !slices.Contains(headers, textproto.CanonicalMIMEHeaderKey(v.Header)) {
			continue
		}
		tried++
		var values []string
		value := ""
		if v.Value != nil {
			value = *v.Value
			values = []string{value}
		}
		got := judge(v.Header, values)
		if _, known := argued[v.Header+": "+value]; ((got.Outcome == scanner.Pass) != v.Pass) != known {
			t.Errorf("%s: %q is %s (%s), the Observatory passes it: %t", v.Header, value, got.Outcome, got.Reason, v.Pass)
		}
	}
	if tried == 0 {
		t.Errorf("no public value of %q", headers)
	}
}
