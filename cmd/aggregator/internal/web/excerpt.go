// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// excerpt writes a JSON value for a person, an entry a line, up to so many bytes; cut
// tells that there was more. Whatever the value holds, no more than that is kept in
// memory, which is why json.Indent does not serve.
func excerpt(raw json.RawMessage, most int) (text string, cut bool) {
	var p printer
	for _, c := range raw {
		if p.out.Len() > most {
			break
		}
		p.step(c)
	}
	text = p.out.String()
	if len(text) <= most {
		return text, false
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most], true
}

// printer is where the writing of a JSON value stands.
type printer struct {
	out     strings.Builder
	depth   int
	fresh   bool // a container has just been opened
	text    bool // inside a string
	escaped bool
}

func (p *printer) step(c byte) {
	if p.text {
		p.out.WriteByte(c)
		p.text = p.escaped || c != '"'
		p.escaped = !p.escaped && c == '\\'
		return
	}
	if strings.IndexByte(" \t\r\n", c) >= 0 {
		return
	}
	closing := c == '}' || c == ']'
	if closing {
		p.depth--
	}
	if p.fresh != closing { // neither the first entry of what is open, nor the end of what had some
		p.line()
	}
	p.fresh = c == '{' || c == '['
	if p.fresh {
		p.depth++
	}
	p.out.WriteByte(c)
	switch c {
	case '"':
		p.text = true
	case ',':
		p.line()
	case ':':
		p.out.WriteByte(' ')
	}
}

func (p *printer) line() {
	p.out.WriteByte('\n')
	for range p.depth {
		p.out.WriteString("  ")
	}
}
