// SPDX-License-Identifier: Apache-2.0

package page

import (
	"regexp"
	"strings"
)

// block is a paragraph or a list. Texts come from a bundle and are never HTML:
// only their line breaks and list marks are followed, and all is escaped.
type block struct {
	Text    string
	Items   []string
	Ordered bool
}

var listMark = regexp.MustCompile(`^(?:[-*•]|(\d{1,3})[.)])\s+`)

// blocks splits a text into paragraphs and lists.
func blocks(text string) []block {
	var list []block
	open := false // the last block still takes lines
	for line := range strings.SplitSeq(text, "\n") {
		mark := listMark.FindStringSubmatch(line)
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			open = false
		case mark != nil:
			list = addItem(list, strings.TrimSpace(line[len(mark[0]):]), mark[1] != "")
			open = true
		case open:
			continueBlock(&list[len(list)-1], line)
		default:
			list, open = append(list, block{Text: line}), true
		}
	}
	return list
}

func addItem(list []block, item string, ordered bool) []block {
	if n := len(list); n > 0 && len(list[n-1].Items) > 0 && list[n-1].Ordered == ordered {
		list[n-1].Items = append(list[n-1].Items, item)
		return list
	}
	return append(list, block{Items: []string{item}, Ordered: ordered})
}

func continueBlock(b *block, line string) {
	if n := len(b.Items); n > 0 {
		b.Items[n-1] += " " + line
		return
	}
	b.Text += " " + line
}

// span is a run of words, set as code when it stood between backquotes.
type span struct {
	Text string
	Code bool
}

func spans(text string) []span {
	var list []span
	parts := strings.Split(text, "`")
	for i, part := range parts {
		// A backquote that nothing closes is a backquote.
		if alone := i == len(parts)-1 && i%2 == 1; alone {
			list = append(list, span{"`" + part, false})
		} else if part != "" {
			list = append(list, span{part, i%2 == 1})
		}
	}
	return list
}
