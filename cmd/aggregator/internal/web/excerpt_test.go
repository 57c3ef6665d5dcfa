// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzExcerpt holds that a whole excerpt is what json.Indent writes, and that one cut
// short is its beginning, in whole letters.
func FuzzExcerpt(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `{"a":[],"b":{},"c":[{}]}`, `{"a": [1, -2.5e3 ,null], "é\"\\": "x{}[],: y"}`, `"only"`, ` [ [ ] , 1 ] `, `{"ü":"ééééééééé"}`,
	} {
		f.Add(seed, uint16(11))
	}
	f.Fuzz(func(t *testing.T, raw string, most uint16) {
		var want bytes.Buffer
		if !utf8.ValidString(raw) || json.Indent(&want, []byte(raw), "", "  ") != nil {
			return // a fact is JSON in UTF-8 by then: bundle.Open refused the rest
		}
		whole := strings.TrimRight(want.String(), " \t\r\n") // json.Indent keeps the blanks after a value
		got, cut := excerpt(json.RawMessage(raw), len(whole))
		if cut || got != whole {
			t.Errorf("excerpt of %s is %q, want %q", raw, got, whole)
		}
		short, cut := excerpt(json.RawMessage(raw), int(most))
		if !strings.HasPrefix(whole, short) || len(short) > int(most) || !utf8.ValidString(short) || cut != (len(whole) > int(most)) {
			t.Errorf("%d bytes of %s are %q, cut is %v", most, raw, short, cut)
		}
	})
}
