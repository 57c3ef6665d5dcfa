// SPDX-License-Identifier: Apache-2.0

package excerpt

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"short":               {"abcd", "abcd"},
		"long":                {"abcde", "abcd…"},
		"cut-in-a-letter":     {"abcéd", "abc…"},
		"not-utf8":            {"a\xff", "a\uFFFD"},
		"continuations-alone": {strings.Repeat("\x80", 9), "\uFFFD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Of(tt.text, 4); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzOf(f *testing.F) {
	f.Add("abcéd", uint8(4))
	f.Add("\x80\x80\x80", uint8(1))
	f.Fuzz(func(t *testing.T, text string, most uint8) {
		got := Of(text, int(most))
		if !utf8.ValidString(got) || len(got) > int(most)+len(mark) {
			t.Errorf("%q of %q", got, text)
		}
	})
}
