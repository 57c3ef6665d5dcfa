// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The bounds of texts kept.
const (
	maxText  = 1000
	maxError = 300
)

// unescape gives back the bytes of a string that the DNS library shows in
// presentation form: \X is X, \DDD a byte in decimal (RFC 1035 section 5.1).
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		if i+3 < len(text) && isDigits(text[i+1:i+4]) {
			b.WriteByte((text[i+1]-'0')*100 + (text[i+2]-'0')*10 + text[i+3] - '0')
			i += 3
			continue
		}
		i++
		b.WriteByte(text[i])
	}
	return b.String()
}

func isDigits(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}

// isASCII tells whether a text holds bytes below 128 only. Comparisons that
// ignore case would otherwise take foreign letters for ours.
func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// printable bounds a foreign text and writes what is no printable ASCII as
// \DDD.
func printable(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if b.Len() >= maxText {
			b.WriteString("…")
			break
		}
		if c := text[i]; c >= ' ' && c <= '~' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\%03d`, c)
		}
	}
	return b.String()
}
