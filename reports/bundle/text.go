// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"carescan/scanner"
)

// clean rids every text of what Open refuses. Words of a target reach messages
// and errors, and one hostile banner must not keep a whole run from being
// sealed. An observation whose text changed gets the identifier of its new
// content, and findings follow.
func (d *document) clean() {
	eachText(reflect.ValueOf(d), cleanText)
	d.Run.Identify()
}

func cleanText(s string) string {
	s = strings.Map(func(r rune) rune {
		if forbidden(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if len(s) <= maxText {
		return s
	}
	cut := maxText - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// forbidden tells the characters that make a text read otherwise than it is
// written (aggregator.md section 9; Unicode TR 36 on bidirectional text).
func forbidden(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r <= unicode.MaxLatin1:
		return r < ' ' || r >= 0x7f && r < 0xa0 // Cc of Unicode
	}
	switch r {
	case '\u2028', '\u2029', '\ufeff':
		return true
	}
	return unicode.Is(unicode.Bidi_Control, r)
}

// checkTexts tells the first text under a value that may not be sealed.
func checkTexts(pointer any) (err error) {
	eachText(reflect.ValueOf(pointer), func(s string) string {
		if err == nil {
			err = checkWords(s)
		}
		return s
	})
	return err
}

func checkWords(s string) error {
	if len(s) > maxText {
		return fmt.Errorf("%w: a text has %d bytes, at most %d are allowed", ErrTooLarge, len(s), maxText)
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= ' ' && c < 0x7f {
			continue // which most are
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if forbidden(r) {
			return fmt.Errorf("a text holds a control character: %.60q", s[i:])
		}
		i += size - 1
	}
	return nil
}

// eachText visits every text under a value and puts the answer in its place.
// Raw JSON (facts, parameters) is left alone: it is evidence, not prose.
func eachText(v reflect.Value, visit func(string) string) {
	switch v.Kind() { //nolint:exhaustive // the other kinds hold no text
	case reflect.Pointer:
		eachText(v.Elem(), visit)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				eachText(v.Field(i), visit)
			}
		}
	case reflect.Slice:
		eachEntry(v, visit)
	case reflect.Map:
		eachValue(v, visit)
	case reflect.String:
		if s := v.String(); visit(s) != s {
			v.SetString(visit(s))
		}
	}
}

func eachEntry(list reflect.Value, visit func(string) string) {
	if list.Type().Elem().Kind() == reflect.Uint8 {
		return
	}
	for i := range list.Len() {
		eachText(list.Index(i), visit)
	}
}

// eachValue visits the values that fill a message; names of values are ours.
func eachValue(m reflect.Value, visit func(string) string) {
	values, ok := reflect.TypeAssert[scanner.Values](m)
	if !ok {
		return
	}
	for name, value := range values {
		if now := visit(value); now != value {
			values[name] = now
		}
	}
}
