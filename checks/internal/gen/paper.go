// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carescan/scanner"
)

// compare holds the two languages together: same reasons, and as many references.
func compare(fr, en scanner.Paper) error {
	if err := compareReasons(fr.Reasons, en.Reasons); err != nil {
		return err
	}
	if (fr.Conclude == "") != (en.Conclude == "") {
		return errors.New("how to conclude is said in one language only")
	}
	if len(fr.References) == 0 || len(fr.References) != len(en.References) {
		return fmt.Errorf("clauses cited differ: %d in French, %d in English", len(fr.References), len(en.References))
	}
	return nil
}

// compareReasons wants the same reasons, which show the same values and have as
// much to say: a headline or a remedy in one language needs one in the other.
func compareReasons(fr, en map[string]scanner.Reason) error {
	if got, want := keys(en), keys(fr); !slices.Equal(got, want) {
		return fmt.Errorf("reasons differ: %q in French, %q in English", want, got)
	}
	for key, f := range fr {
		e := en[key]
		if got, want := placeholders(e.Message), placeholders(f.Message); !slices.Equal(got, want) {
			return fmt.Errorf("placeholders of reason %q differ: %q in French, %q in English", key, want, got)
		}
		if got, want := placeholders(e.Remedy), placeholders(f.Remedy); !slices.Equal(got, want) {
			return fmt.Errorf("placeholders of the remedy of reason %q differ: %q in French, %q in English", key, want, got)
		}
		if (f.Headline == "") != (e.Headline == "") || (f.Remedy == "") != (e.Remedy == "") || (f.Message == "") != (e.Message == "") {
			return fmt.Errorf("reason %q has a headline, a message or a remedy in one language only", key)
		}
	}
	return nil
}

func keys(reasons map[string]scanner.Reason) []string { return slices.Sorted(maps.Keys(reasons)) }

// placeholders lists the values a message shows. A value that is a word comes in
// two keys, {word_fr} and {word_en}, which count as one.
func placeholders(message string) []string {
	var names []string
	for _, name := range scanner.Places(message) {
		names = append(names, strings.TrimSuffix(strings.TrimSuffix(name, "_fr"), "_en"))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// typeset makes the texts ready for any page.
func typeset(p scanner.Paper, l scanner.Lang) scanner.Paper {
	p.Title, p.Why, p.How, p.Fix, p.Conclude = set(l, p.Title), set(l, p.Why), set(l, p.How), set(l, p.Fix), set(l, p.Conclude)
	typesetReasons(p.Reasons, l)
	for i, reference := range p.References {
		p.References[i] = set(l, reference)
	}
	return p
}

func typesetReasons(reasons map[string]scanner.Reason, l scanner.Lang) {
	for key, r := range reasons {
		reasons[key] = scanner.Reason{Headline: set(l, r.Headline), Message: set(l, r.Message), Remedy: set(l, r.Remedy)}
	}
}

// set writes one line per paragraph, with the spaces of its language.
func set(l scanner.Lang, text string) string { return scanner.Typeset(l, unwrap(text)) }

func unwrap(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, paragraph := range paragraphs {
		paragraphs[i] = strings.Join(strings.Fields(paragraph), " ")
	}
	return strings.Join(paragraphs, "\n\n")
}
