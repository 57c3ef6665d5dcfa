// SPDX-License-Identifier: Apache-2.0

package lists

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// maxParts bounds the parts of a version that are compared.
const maxParts = 32

// The kinds of part, in order: "2.0rc1" comes before "2.0", which comes before
// "2.0p1", which comes before "2.0.1".
const (
	early  = iota // "rc", "beta"…
	end           // nothing more
	letter        // any other word
	number
)

type part struct {
	kind int
	text string // without leading zeros for a number
}

// Compare orders two versions: below zero when a is the older one. Trailing
// zeros do not count: 1.2 is 1.2.0.
func Compare(a, b string) int {
	left, right := parts(a), parts(b)
	for i := range max(len(left), len(right)) {
		if order := at(left, i).compare(at(right, i)); order != 0 {
			return order
		}
	}
	return 0
}

func at(all []part, i int) part {
	if i < len(all) {
		return all[i]
	}
	return part{kind: end}
}

func (p part) compare(o part) int {
	order := cmp.Compare(p.kind, o.kind)
	if p.kind == number {
		order = cmp.Or(order, cmp.Compare(len(p.text), len(o.text)))
	}
	return cmp.Or(order, strings.Compare(p.text, o.text))
}

// parts cuts a version where digits, letters and the rest meet.
func parts(version string) []part {
	var all []part
	for version = strings.ToLower(version); version != "" && len(all) < maxParts; {
		var text string
		text, version = run(version)
		if p, ok := newPart(text); ok {
			all = append(all, p)
		}
	}
	return withoutZeros(all)
}

// withoutZeros drops the zeros that no number follows: 2.0rc1 is 2rc1.
func withoutZeros(all []part) []part {
	var kept []part
	next := end
	for _, p := range slices.Backward(all) {
		if next == number || p != (part{kind: number}) {
			kept = append(kept, p)
			next = p.kind
		}
	}
	slices.Reverse(kept)
	return kept
}

// run cuts the longest beginning of one sort.
func run(version string) (first, rest string) {
	letters := []rune(version)
	sort := sortOf(letters[0])
	n := 1
	for n < len(letters) && sortOf(letters[n]) == sort {
		n++
	}
	return string(letters[:n]), string(letters[n:])
}

func sortOf(r rune) int {
	switch {
	case r >= '0' && r <= '9':
		return number
	case unicode.IsLetter(r):
		return letter
	}
	return end
}

func newPart(text string) (part, bool) {
	switch sortOf([]rune(text)[0]) {
	case number:
		return part{number, strings.TrimLeft(text, "0")}, true
	case letter:
		if slices.Contains([]string{"a", "alpha", "b", "beta", "dev", "pre", "rc", "snapshot"}, text) {
			return part{early, text}, true
		}
		return part{letter, text}, true
	}
	return part{}, false
}

// belongs says whether a version is of a branch: 7.4.3 is of 7.4 and of 7, not
// of 7.40.
func belongs(version, cycle string) bool {
	version = word(version)
	rest, ok := strings.CutPrefix(version, cycle)
	if cycle == "" || !ok {
		return false
	}
	if rest == "" {
		return true
	}
	next := []rune(rest)[0]
	last := []rune(cycle)
	return sortOf(next) != sortOf(last[len(last)-1])
}
