// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// names are those of the objects that are open in a JSON text. A text has one reading
// when no object holds a name twice, nor two that are alike but for the case, and when
// what looks like a field is written as ours are, in small letters: some readers take the
// first of two, others the last, and encoding/json takes "Result" for "result".
//
// This needs no list of fields, so it holds for facts, whose kinds the reader may not
// know, as for all else: every field of ours is in small letters, which a test demands.
type names struct {
	list  [][]byte
	first [maxDepth + 1]int // of the open container at each depth
}

// isName tells whether the text that ends before rest is the name of a value.
func isName(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

func (n *names) open(depth int) { n.first[depth] = len(n.list) }

// name takes in a name, as it is written between its quotes.
func (n *names) name(written []byte) error {
	name := written
	if bytes.IndexByte(written, '\\') >= 0 {
		var text string
		if err := json.Unmarshal(slices.Concat([]byte{'"'}, written, []byte{'"'}), &text); err != nil {
			return fmt.Errorf("read the name %.40q: %w", written, err)
		}
		name = []byte(text)
	}
	if folded := fold(name); !bytes.Equal(folded, name) {
		if !bytes.ContainsFunc(folded, notOfField) {
			return fmt.Errorf("the name %.40q is written %.40q", name, folded)
		}
		name = folded
	}
	n.list = append(n.list, name)
	return nil
}

// close ends an object, or a list, which holds no name.
func (n *names) close(depth int) error {
	inside := n.list[n.first[depth]:]
	n.list = n.list[:n.first[depth]]
	slices.SortFunc(inside, bytes.Compare)
	for i := range inside[min(1, len(inside)):] {
		if bytes.Equal(inside[i], inside[i+1]) {
			return fmt.Errorf("an object holds the name %.40q twice", inside[i])
		}
	}
	return nil
}

// notOfField tells the characters that no name of a field holds.
func notOfField(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
}

// fold writes a name in small letters, in the way encoding/json compares them: among
// them are the long s and the sign of the kelvin.
func fold(name []byte) []byte {
	if !bytes.ContainsFunc(name, func(r rune) bool { return r >= 0x80 || r >= 'A' && r <= 'Z' }) {
		return name
	}
	return []byte(strings.Map(func(r rune) rune {
		for unicode.SimpleFold(r) > r {
			r = unicode.SimpleFold(r)
		}
		return unicode.ToLower(unicode.SimpleFold(r)) // of the first of those that are alike
	}, string(name)))
}
