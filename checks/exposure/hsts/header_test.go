// SPDX-License-Identifier: Apache-2.0

package hsts

import "testing"

func TestParseMaxAge(t *testing.T) {
	for _, c := range []struct {
		name, header string
		age          int
		ok           bool
	}{
		{"plain", "max-age=31536000", 31_536_000, true},
		{"other_directives", "includeSubDomains; Max-Age = 10 ; preload", 10, true},
		{"quoted", `max-age="10"`, 10, true},
		{"zero_forgets", "max-age=0", 0, true},
		{"too_large", "max-age=99999999999999999999", 9_223_372_036_854_775_807, true},
		{"absent", "includeSubDomains", 0, false},
		{"twice", "max-age=1; max-age=2", 0, false},
		{"negative", "max-age=-1", 0, false},
		{"open_quote", `max-age="10`, 0, false},
		{"empty", "max-age=", 0, false},
		{"empty_directives", ";max-age=10;;", 10, true},
		{"no_break_space", "max-age=10\u00a0", 0, false},
		{"comma", "max-age=10, includeSubDomains", 0, false},
		{"directive_twice", "max-age=10; includeSubDomains; includeSubDomains", 0, false},
		{"value_of_none", "max-age=10; includeSubDomains=1", 0, false},
		{"unknown_directive", `max-age=10; x="a;b"; preload`, 10, true},
		{"words_apart", "max-age=10; include subdomains", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if age, ok := ParseMaxAge(c.header); age != c.age || ok != c.ok {
				t.Errorf("ParseMaxAge(%q) = %d, %v, want %d, %v", c.header, age, ok, c.age, c.ok)
			}
		})
	}
}

func FuzzParseMaxAge(f *testing.F) {
	f.Add("max-age=31536000; includeSubDomains")
	f.Add(`max-age="1";max-age=`)
	f.Fuzz(func(t *testing.T, header string) {
		if age, ok := ParseMaxAge(header); age < 0 || !ok && age != 0 {
			t.Errorf("ParseMaxAge(%q) = %d, %v", header, age, ok)
		}
	})
}
