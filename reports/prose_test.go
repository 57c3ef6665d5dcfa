// SPDX-License-Identifier: Apache-2.0

package reports_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/reports"
)

func TestBlocks(t *testing.T) {
	cases := map[string]struct {
		text string
		want []reports.Block
	}{
		"empty":      {"", nil},
		"paragraphs": {"one\ntwo\n\nthree", []reports.Block{{Text: "one two"}, {Text: "three"}}},
		"bullets":    {"do:\n- a\n  b\n- c", []reports.Block{{Text: "do:"}, {Items: []string{"a b", "c"}}}},
		"numbers":    {"1. a\n2. b", []reports.Block{{Items: []string{"a", "b"}, Ordered: true}}},
		"two-lists":  {"- a\n\n1. b", []reports.Block{{Items: []string{"a"}}, {Items: []string{"b"}, Ordered: true}}},
		"option":     {"-all is strict", []reports.Block{{Text: "-all is strict"}}},
		"html":       {"<b>x</b>", []reports.Block{{Text: "<b>x</b>"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, reports.Blocks(c.text)); diff != "" {
				t.Errorf("blocks (-want +got):\n%s", diff)
			}
		})
	}
}
