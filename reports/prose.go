// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"regexp"
	"strings"
)

// Block is a paragraph or a list. Texts come from a bundle and are never HTML:
// only their line breaks and list marks are followed, and all is escaped.
type Block struct {
	Text    string
	Items   []string
	Ordered bool
}

var listMark = regexp.MustCompile(`^(?:[-*•]|(\d{1,3})[.)])\s+`)

// Blocks splits a text into paragraphs and lists.
func Blocks(text string) []Block {
	var list []Block
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
			list, open = append(list, Block{Text: line}), true
		}
	}
	return list
}

func addItem(list []Block, item string, ordered bool) []Block {
	if n := len(list); n > 0 && len(list[n-1].Items) > 0 && list[n-1].Ordered == ordered {
		list[n-1].Items = append(list[n-1].Items, item)
		return list
	}
	return append(list, Block{Items: []string{item}, Ordered: ordered})
}

func continueBlock(b *Block, line string) {
	if n := len(b.Items); n > 0 {
		b.Items[n-1] += " " + line
		return
	}
	b.Text += " " + line
}
