// SPDX-License-Identifier: Apache-2.0

package page

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBlocks(t *testing.T) {
	cases := map[string]struct {
		text string
		want []block
	}{
		"empty":      {"", nil},
		"paragraphs": {"one\ntwo\n\nthree", []block{{Text: "one two"}, {Text: "three"}}},
		"bullets":    {"do:\n- a\n  b\n- c", []block{{Text: "do:"}, {Items: []string{"a b", "c"}}}},
		"numbers":    {"1. a\n2. b", []block{{Items: []string{"a", "b"}, Ordered: true}}},
		"two-lists":  {"- a\n\n1. b", []block{{Items: []string{"a"}}, {Items: []string{"b"}, Ordered: true}}},
		"option":     {"-all is strict", []block{{Text: "-all is strict"}}},
		"html":       {"<b>x</b>", []block{{Text: "<b>x</b>"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, blocks(c.text)); diff != "" {
				t.Errorf("blocks (-want +got):\n%s", diff)
			}
		})
	}
}

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
