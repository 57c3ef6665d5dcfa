// SPDX-License-Identifier: Apache-2.0

package page

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpans(t *testing.T) {
	cases := map[string]struct {
		text string
		want []span
	}{
		"plain":    {"a", []span{{"a", false}}},
		"code":     {"a `b` c", []span{{"a ", false}, {"b", true}, {" c", false}}},
		"unclosed": {"a `b", []span{{"a ", false}, {"`b", false}}},
		"empty":    {"", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, spans(c.text)); diff != "" {
				t.Errorf("spans (-want +got):\n%s", diff)
			}
		})
	}
}
