// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Paper is the page of a check in one language: its specification for those
// who write it and its explanation for those who read a finding.
type Paper struct {
	Title      string            `json:"title"` // states the good situation
	Why        string            `json:"why"`
	How        string            `json:"how"` // how it is judged
	Fix        string            `json:"fix"` // how to correct
	Reasons    map[string]string `json:"reasons"`
	References []string          `json:"references"` // clauses, as cited
}

// Papers is the page of a check in every language.
type Papers struct {
	FR Paper `json:"fr"`
	EN Paper `json:"en"`
}

// Title is the title in every language.
func (p Papers) Title() Text { return Text{p.FR.Title, p.EN.Title} }

// Fix is the correction in every language.
func (p Papers) Fix() Text { return Text{p.FR.Fix, p.EN.Fix} }

// Message fills the message of a reason with its values, in every language.
func (p Papers) Message(reason string, v Values) Text {
	return Text{fill(p.FR.Reasons[reason], v), fill(p.EN.Reasons[reason], v)}
}

// fill puts each value in its place, once: what a value says is never filled
// again, since it may come from outside.
func fill(message string, v Values) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		pairs = append(pairs, "{"+name+"}", v[name])
	}
	return strings.NewReplacer(pairs...).Replace(message)
}

// paperSections are the headings of a page, in order, by language.
var paperSections = map[Lang][]string{
	French:  {"Pourquoi", "Comment c'est jugé", "Comment corriger", "Motifs", "Références"},
	English: {"Why", "How it is judged", "How to correct", "Reasons", "References"},
}

// ParsePaper reads the Markdown page of a check: a title, then the five
// sections in order. Reasons are list items "- `key`: message"; references are
// list items.
func ParsePaper(l Lang, markdown string) (Paper, error) {
	title, rest, _ := strings.Cut(strings.TrimSpace(markdown), "\n")
	name, ok := strings.CutPrefix(title, "# ")
	name = strings.TrimSpace(name)
	if !ok || name == "" {
		return Paper{}, fmt.Errorf("page must begin with %q and a title", "# ")
	}
	parts, err := splitSections(rest, paperSections[l])
	if err != nil {
		return Paper{}, err
	}
	reasons, err := parseReasons(parts[3])
	if err != nil {
		return Paper{}, err
	}
	return Paper{name, parts[0], parts[1], parts[2], reasons, listItems(parts[4])}, nil
}

func splitSections(body string, headings []string) ([]string, error) {
	chunks := strings.Split("\n"+body, "\n## ")
	if len(chunks) != len(headings)+1 {
		return nil, fmt.Errorf("page must have the sections %q, in order", headings)
	}
	parts := make([]string, 0, len(headings))
	for i, chunk := range chunks[1:] {
		heading, text, _ := strings.Cut(chunk, "\n")
		if strings.TrimSpace(heading) != headings[i] || strings.TrimSpace(text) == "" {
			return nil, fmt.Errorf("section %d must be %q and hold text, found %q", i+1, headings[i], heading)
		}
		parts = append(parts, strings.TrimSpace(text))
	}
	return parts, nil
}

func parseReasons(section string) (map[string]string, error) {
	reasons := map[string]string{}
	for _, item := range listItems(section) {
		key, message, ok := strings.Cut(item, ": ")
		key = strings.Trim(key, "`")
		if !ok || key == "" || reasons[key] != "" {
			return nil, fmt.Errorf("reason %q must be written once, as - `key`: message", item)
		}
		reasons[key] = strings.TrimSpace(message)
	}
	return reasons, nil
}

// listItems reads "- item" lines; an indented line continues its item.
func listItems(section string) []string {
	var items []string
	for line := range strings.Lines(section) {
		if item, ok := strings.CutPrefix(line, "- "); ok {
			items = append(items, strings.TrimSpace(item))
		} else if text := strings.TrimSpace(line); text != "" && len(items) > 0 {
			items[len(items)-1] += " " + text
		}
	}
	return items
}
