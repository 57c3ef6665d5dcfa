// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"carescan/scanner"
)

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// compare holds the two languages together: same reasons, same placeholders,
// as many references.
func compare(fr, en scanner.Paper) error {
	if got, want := keys(en.Reasons), keys(fr.Reasons); !slices.Equal(got, want) {
		return fmt.Errorf("reasons differ: %q in French, %q in English", want, got)
	}
	for reason := range fr.Reasons {
		got, want := placeholders(en.Reasons[reason]), placeholders(fr.Reasons[reason])
		if !slices.Equal(got, want) {
			return fmt.Errorf("placeholders of reason %q differ: %q in French, %q in English", reason, want, got)
		}
	}
	if len(fr.References) == 0 || len(fr.References) != len(en.References) {
		return fmt.Errorf("clauses cited differ: %d in French, %d in English", len(fr.References), len(en.References))
	}
	return nil
}

func keys(reasons map[string]string) []string { return slices.Sorted(maps.Keys(reasons)) }

// placeholders lists the values a message shows. A value that is a word comes in
// two keys, {word_fr} and {word_en}, which count as one.
func placeholders(message string) []string {
	var names []string
	for _, match := range placeholder.FindAllStringSubmatch(message, -1) {
		name := strings.TrimSuffix(strings.TrimSuffix(match[1], "_fr"), "_en")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// typeset makes the texts ready for any page: one line per paragraph and, in
// French, the spaces that must not break.
func typeset(p scanner.Paper, l scanner.Lang) scanner.Paper {
	set := unwrap
	if l == scanner.French {
		set = func(text string) string { return noBreak(unwrap(text)) }
	}
	p.Title, p.Why, p.How, p.Fix = set(p.Title), set(p.Why), set(p.How), set(p.Fix)
	for reason, message := range p.Reasons {
		p.Reasons[reason] = set(message)
	}
	for i, reference := range p.References {
		p.References[i] = set(reference)
	}
	return p
}

func unwrap(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, paragraph := range paragraphs {
		paragraphs[i] = strings.Join(strings.Fields(paragraph), " ")
	}
	return strings.Join(paragraphs, "\n\n")
}

var digitGroup = regexp.MustCompile(`(\d) (\d{3})\b`)

// noBreak sets the no-break spaces of French typography, so that writers need
// not: before : ; ? ! % and », after «, and inside numbers.
func noBreak(text string) string {
	const space = "\u00a0"
	for _, sign := range []string{":", ";", "?", "!", "%", "»"} {
		text = strings.ReplaceAll(text, " "+sign, space+sign)
	}
	text = strings.ReplaceAll(text, "« ", "«"+space)
	for digitGroup.MatchString(text) {
		text = digitGroup.ReplaceAllString(text, "${1}"+space+"${2}")
	}
	return text
}
