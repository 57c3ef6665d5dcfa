// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"regexp"
	"strings"
)

// noBreakSpace keeps two signs on one line.
const noBreakSpace = "\u00a0"

var (
	digitGroup = regexp.MustCompile(`(\d) (\d{3})\b`)
	// percent is the sign after a number; a verb of a format (%s) is none.
	percent = regexp.MustCompile(` %($|[\s,;:)!?»\x{a0}]|\.($|\s))`)
)

// Typeset sets a sentence as a printer of its language does. It is the one place
// that knows the no-break spaces of French, so that writers need not: before
// : ; ? ! % and », after «, and inside numbers. What comes from outside (a name,
// an address) is put in afterwards, and kept as it is.
func Typeset(l Lang, text string) string {
	if l != French {
		return text
	}
	for _, sign := range []string{":", ";", "?", "!", "»"} {
		text = strings.ReplaceAll(text, " "+sign, noBreakSpace+sign)
	}
	text = strings.ReplaceAll(text, "« ", "«"+noBreakSpace)
	text = percent.ReplaceAllString(text, noBreakSpace+"%$1")
	for digitGroup.MatchString(text) {
		text = digitGroup.ReplaceAllString(text, "${1}"+noBreakSpace+"${2}")
	}
	return text
}

// Typeset sets a sentence in every language.
func (t Text) Typeset() Text { return Text{Typeset(French, t.FR), Typeset(English, t.EN)} }
