// SPDX-License-Identifier: Apache-2.0

package table

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"carescan/reports"
	"carescan/scanner"
)

const width = 80

// mark is a shape with the colour that repeats it.
type mark struct{ shape, colour string }

func outcomeMark(o scanner.Outcome) mark {
	switch o {
	case scanner.Pass:
		return mark{"✓", "32"}
	case scanner.Fail:
		return mark{"✗", "31"}
	case scanner.NotApplicable:
		return mark{"–", "2"}
	case scanner.Inconclusive:
	}
	return mark{"?", "33"}
}

func stateMark(s scanner.ControlState) mark {
	switch s {
	case scanner.Satisfied:
		return outcomeMark(scanner.Pass)
	case scanner.NotSatisfied:
		return outcomeMark(scanner.Fail)
	case scanner.ControlNotApplicable:
		return outcomeMark(scanner.NotApplicable)
	case scanner.ToExamine:
		return mark{"◇", "36"}
	case scanner.ControlInconclusive:
	}
	return outcomeMark(scanner.Inconclusive)
}

// painted is text of our own that may command the terminal.
type painted string

func (p *page) paint(m mark) painted {
	if !p.style.Colour {
		return painted(m.shape)
	}
	return painted("\x1b[" + m.colour + "m" + m.shape + "\x1b[0m")
}

func (p *page) t(fr, en string) string { return scanner.Text{FR: fr, EN: en}.Typeset().In(p.lang) }

// line writes a line of our own making around words of others.
func (p *page) line(format string, args ...any) {
	for i, arg := range args {
		if s, ok := arg.(string); ok {
			args[i] = printable(s)
		}
	}
	// The writer keeps its first error, which Flush returns.
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}

func (p *page) heading(title string) {
	p.line("")
	p.text(0, title)
	p.line("%s", strings.Repeat("─", min(width, utf8.RuneCountInString(title))))
}

func (p *page) fields(list [][2]string) {
	for _, f := range list {
		p.wrapped(fmt.Sprintf("  %-15s ", f[0]), 18, f[1])
	}
}

// text writes words at an indentation, folded at the width of the terminal.
func (p *page) text(indent int, words string) {
	margin := strings.Repeat(" ", indent)
	for _, block := range reports.Blocks(words) {
		if len(block.Items) == 0 {
			p.wrapped(margin, indent, block.Text)
		}
		for i, item := range block.Items {
			mark := "- "
			if block.Ordered {
				mark = fmt.Sprintf("%d. ", i+1)
			}
			p.wrapped(margin+mark, indent+len(mark), item)
		}
	}
}

// wrapped writes one paragraph; its later lines begin under the first word.
func (p *page) wrapped(first string, indent int, words string) {
	for _, line := range fold(printable(words), width-indent) {
		p.line("%s%s", first, line)
		first = strings.Repeat(" ", indent)
	}
}

// printable keeps words of a target from commanding the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case !unicode.IsPrint(r) && !unicode.IsSpace(r), unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return '\ufffd'
		}
		return r
	}, s)
}

// fold cuts words into lines of a width; a word longer than a line is cut.
func fold(words string, room int) []string {
	var lines []string
	line := ""
	for _, word := range strings.FieldsFunc(words, func(r rune) bool { return r == ' ' }) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > room {
			lines, line = append(lines, line), ""
		}
		for line == "" && utf8.RuneCountInString(word) > room {
			cut := []rune(word)
			lines, word = append(lines, string(cut[:room])), string(cut[room:])
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
