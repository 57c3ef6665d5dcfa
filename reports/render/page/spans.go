// SPDX-License-Identifier: Apache-2.0

package page

import "strings"

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
