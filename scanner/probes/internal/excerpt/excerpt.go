// SPDX-License-Identifier: Apache-2.0

// Package excerpt bounds the texts that strangers wrote, before facts keep them.
package excerpt

import (
	"strings"
	"unicode/utf8"

	"carescan/scanner"
)

// mark follows a text that was cut.
const mark = "…"

// Of keeps the first bytes of a text, whole characters only, and marks the cut.
// What is no UTF-8 is replaced: facts are JSON (RFC 8259 section 8.1).
func Of(text string, most int) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if len(text) <= most {
		return text
	}
	for !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + mark
}

// Error is the technical text of an error, bounded, without our own side of the
// connection.
func Error(err error, most int) string { return Of(scanner.Technical(err.Error()), most) }

// Why is what a fact keeps of an error: its cause, and its technical text.
func Why(err error, most int) (scanner.Cause, string) {
	cause := scanner.CauseOf(err)
	cause.Detail = ""
	return cause, Error(err, most)
}
