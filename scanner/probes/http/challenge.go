// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"slices"
	"strings"

	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of what is kept of a WWW-Authenticate field.
const (
	maxSchemes = 10
	maxScheme  = 20
)

// schemes lists how a server asks who is there, lower case, without its
// parameters (RFC 9110 section 11.6.1).
func schemes(challenges []string) []string {
	var kept []string
	for _, challenge := range challenges[:min(len(challenges), maxSchemes)] {
		for _, part := range unquotedParts(challenge) {
			// A part that begins with "name=" is a parameter of the scheme before.
			scheme, _, _ := strings.Cut(strings.TrimSpace(part), " ")
			scheme = strings.ToLower(excerpt.Of(scheme, maxScheme))
			if isToken(scheme) && !slices.Contains(kept, scheme) && len(kept) < maxSchemes {
				kept = append(kept, scheme)
			}
		}
	}
	return kept
}

// isToken tells whether a word could name a scheme.
func isToken(word string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// unquotedParts splits at the commas that stand outside quotes.
func unquotedParts(text string) []string {
	quoted := false
	return strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ',' && !quoted
	})
}
