// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"fmt"
	"strings"
	"unicode"

	"carescan/scanner"
)

// Say words a sentence in both languages with the same values; a value that is
// itself a Text takes the language of its sentence.
func Say(fr, en string, values ...any) scanner.Text {
	return scanner.Text{
		FR: fmt.Sprintf(scanner.Typeset(scanner.French, fr), in(scanner.French, values)...),
		EN: fmt.Sprintf(en, in(scanner.English, values)...),
	}
}

func in(l scanner.Lang, values []any) []any {
	worded := make([]any, len(values))
	for i, value := range values {
		worded[i] = value
		if text, ok := value.(scanner.Text); ok {
			worded[i] = text.In(l)
		}
	}
	return worded
}

// voice is how a reading speaks of what stands in a file.
type voice struct {
	// discreet never repeats it: the file may hold the name of a person, and faults
	// travel.
	discreet bool
}

// mostQuoted bounds what is repeated of a value, in characters.
const mostQuoted = 60

// value names the value a sentence is about.
func (v voice) value(text string) scanner.Text {
	if v.discreet {
		return scanner.Text{FR: "cette valeur", EN: "this value"}
	}
	return Quoted(text)
}

// key names a key that is not known.
func (v voice) key(text string) scanner.Text {
	if v.discreet {
		return scanner.Text{FR: "cette clé", EN: "this key"}
	}
	quote := Quoted(text)
	return scanner.Text{FR: "la clé " + quote.FR, EN: "the key " + quote.EN}
}

// example gives what was meant, worked out from what was written, or an
// example that repeats nothing.
func (v voice) example(meant, other string) string {
	if v.discreet {
		return other
	}
	return meant
}

// Quoted puts a text between the quotes of each language, on one line and of a
// bounded length.
func Quoted(text string) scanner.Text {
	short := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text))
	if len(short) > mostQuoted {
		short = append(short[:mostQuoted], '…')
	}
	return scanner.Text{FR: "«\u00a0" + string(short) + "\u00a0»", EN: `"` + string(short) + `"`}
}
