// SPDX-License-Identifier: Apache-2.0

package hsts

import (
	"slices"
	"strconv"
	"strings"
)

// ParseMaxAge reads the duration of a Strict-Transport-Security header, in
// seconds. Browsers ignore a header that breaks the grammar of RFC 6797 section
// 6.1: without exactly one readable duration, with a directive twice, or with a
// value for one that has none.
func ParseMaxAge(header string) (age int, ok bool) {
	var names []string
	for _, part := range unquotedParts(header) {
		name, value, valued := strings.Cut(part, "=")
		name, value = strings.ToLower(strings.Trim(name, blank)), strings.Trim(value, blank)
		switch {
		case name == "" && !valued:
			continue // empty directives are allowed
		case !isToken(name), slices.Contains(names, name), name == "includesubdomains" && valued:
			return 0, false
		case name == "max-age":
			if age, ok = seconds(value); !ok {
				return 0, false
			}
		}
		names = append(names, name)
	}
	return age, ok
}

// blank is the white space of header values (RFC 9110 section 5.6.3), and no other.
const blank = " \t"

// unquotedParts splits at the semicolons that stand outside quotes.
func unquotedParts(header string) []string {
	quoted := false
	return strings.FieldsFunc(header, func(r rune) bool {
		quoted = quoted != (r == '"')
		return r == ';' && !quoted
	})
}

func isToken(word string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) })
}

// seconds reads digits, quoted or not; what overflows is cut to the largest.
func seconds(text string) (int, bool) {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		if text, ok = strings.CutSuffix(quoted, `"`); !ok {
			return 0, false
		}
	}
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	// Only digits are left: the one possible error is a number too large, and
	// Atoi then returns the largest.
	age, _ := strconv.Atoi(text)
	return age, true
}

// hasDirective tells whether a header carries a directive without value, whose
// names have no case.
func hasDirective(header, name string) bool {
	for _, part := range unquotedParts(header) {
		if strings.EqualFold(strings.Trim(part, blank), name) {
			return true
		}
	}
	return false
}
