// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// The headers in which the aggregator tells an agent, beside a receipt, what it
// thinks of the numbers of its bundles. An older agent does not read them.
const (
	// HeaderMissing lists the numbers that never came, or are lost, as Spans.
	HeaderMissing = "CareScan-Missing"
	// HeaderBranch is the number of this bundle when another already bore it.
	HeaderBranch = "CareScan-Branch"
)

// Span is numbers of bundles that follow each other, ends included.
type Span struct{ From, To uint64 }

// Spans is a list of numbers of bundles, in order.
type Spans []Span

// maxSpans bounds what is written in a header; the rest is told once these came.
const maxSpans = 20

// String writes the list as "8-13, 20".
func (s Spans) String() string {
	words := make([]string, 0, len(s))
	for _, span := range s[:min(len(s), maxSpans)] {
		if span.From == span.To {
			words = append(words, strconv.FormatUint(span.From, 10))
		} else {
			words = append(words, fmt.Sprintf("%d-%d", span.From, span.To))
		}
	}
	return strings.Join(words, ", ")
}

// ParseSpans reads what String wrote; an empty text is an empty list.
func ParseSpans(text string) (Spans, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var list Spans
	for word := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(word), "-")
		if !isRange {
			last = first
		}
		from, errFrom := strconv.ParseUint(first, 10, 64)
		to, errTo := strconv.ParseUint(last, 10, 64)
		if errFrom != nil || errTo != nil || from > to || len(list) == maxSpans {
			return nil, fmt.Errorf("read numbers of bundles in %q", text)
		}
		list = append(list, Span{from, to})
	}
	return list, nil
}

// Hold tells whether a number is in the list.
func (s Spans) Hold(number uint64) bool {
	for _, span := range s {
		if span.From <= number && number <= span.To {
			return true
		}
	}
	return false
}
