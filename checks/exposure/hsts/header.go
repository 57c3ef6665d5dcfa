// SPDX-License-Identifier: Apache-2.0

package hsts

import (
	"strconv"
	"strings"
)

// ParseMaxAge reads the duration of a Strict-Transport-Security header, in
// seconds. A header without exactly one readable duration is ignored by
// browsers (RFC 6797 section 6.1).
func ParseMaxAge(header string) (age int, ok bool) {
	for part := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(part, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "max-age") {
			continue
		}
		if ok {
			return 0, false
		}
		age, ok = seconds(strings.TrimSpace(value))
		if !ok {
			return 0, false
		}
	}
	return age, ok
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
	for part := range strings.SplitSeq(header, ";") {
		if strings.EqualFold(strings.TrimSpace(part), name) {
			return true
		}
	}
	return false
}
