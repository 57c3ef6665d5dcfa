// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Paper is the page of a check in one language: its specification for those
// who write it and its explanation for those who read a finding.
type Paper struct {
	Title      string            `json:"title"` // states the good situation
	Why        string            `json:"why"`
	How        string            `json:"how"`      // how it is judged
	Fix        string            `json:"fix"`      // how to correct a failure
	Conclude   string            `json:"conclude"` // how to reach a verdict when there is none
	Reasons    map[string]Reason `json:"reasons"`
	References []string          `json:"references"` // clauses, as cited
}

// Reason is one thing that a check may conclude, in one language.
type Reason struct {
	// Headline states what was found, for lists; only a reason that fails has one.
	Headline string `json:"headline,omitempty"`
	Message  string `json:"message"` // with the places of its values
	// Remedy replaces, for this reason alone, how the page says to correct or to
	// conclude, with the places of values that the message shows too.
	Remedy string `json:"remedy,omitempty"`
}

// Papers is the page of a check in every language.
type Papers struct {
	FR Paper `json:"fr"`
	EN Paper `json:"en"`
}

// Title is the title in every language.
func (p Papers) Title() Text { return Text{p.FR.Title, p.EN.Title} }

// Message fills the message of a reason with its values, in every language.
func (p Papers) Message(reason string, v Values) Text {
	return Text{p.FR.Reasons[reason].Message, p.EN.Reasons[reason].Message}.Fill(v)
}

// Headline is what lists say of a reason that fails, in every language.
func (p Papers) Headline(reason string) Text {
	return Text{p.FR.Reasons[reason].Headline, p.EN.Reasons[reason].Headline}
}

// Remedy is what the reader of a finding can do: correct a failure, or allow the
// verdict that is lacking, filled with its values. Nothing is asked about anything
// else.
func (p Papers) Remedy(o Outcome, reason string, v Values) Text {
	return Text{p.FR.remedy(o, reason), p.EN.remedy(o, reason)}.Fill(v)
}

func (p Paper) remedy(o Outcome, reason string) string {
	own := p.Reasons[reason].Remedy
	switch {
	case o != Fail && o != Inconclusive:
		return ""
	case own != "":
		return own
	case o == Fail:
		return p.Fix
	}
	return p.Conclude
}

// pageWords are the headings of a page, in order.
type pageWords struct{ why, how, fix, conclude, reasons, references string }

var pageHeadings = map[Lang]pageWords{
	French:  {"Pourquoi", "Comment c'est jugé", "Comment corriger", "Comment conclure", "Motifs", "Références"},
	English: {"Why", "How it is judged", "How to correct", "How to conclude", "Reasons", "References"},
}

// ParsePaper reads the Markdown page of a check: a title, then its sections in
// order. A reason is an item "- `key`: message", and one that fails is
// "- `key` **headline**: message". The sections on correcting and on concluding
// may end with items "- `key`: text" for single reasons. A reason without message
// is told elsewhere (ParseReasons), and only its remedy is here.
func ParsePaper(l Lang, markdown string) (Paper, error) {
	title, sections, err := splitPage(markdown)
	if err != nil {
		return Paper{}, err
	}
	w := pageHeadings[l]
	headings := []string{w.why, w.how, w.fix, w.conclude, w.reasons, w.references}
	texts := map[string]string{}
	for i, s := range sections {
		if i >= len(headings) || s.heading != headings[i] || s.text == "" {
			return Paper{}, fmt.Errorf("section %d is %q: a page has the sections %q, in order, and each holds text", i+1, s.heading, headings)
		}
		texts[s.heading] = s.text
	}
	if len(sections) != len(headings) {
		return Paper{}, fmt.Errorf("page must have the sections %q, in order", headings)
	}
	reasons, err := parseReasons(texts[w.reasons])
	if err != nil {
		return Paper{}, err
	}
	p := Paper{Title: title, Why: texts[w.why], How: texts[w.how], Reasons: reasons, References: listItems(texts[w.references])}
	if p.Fix, err = takeRemedies(texts[w.fix], reasons); err != nil {
		return Paper{}, err
	}
	if p.Conclude, err = takeRemedies(texts[w.conclude], reasons); err != nil {
		return Paper{}, err
	}
	if p.Fix == "" || p.Conclude == "" || strings.Contains(p.Fix+p.Conclude, "{") {
		return Paper{}, fmt.Errorf("sections %q and %q must say something for every reason, without value, before items for single ones", w.fix, w.conclude)
	}
	return p, nil
}

// ParseReasons reads the Markdown page of what several checks say alike: a title,
// how to correct or to conclude on single reasons, then the reasons. A reason with
// a remedy only is told by the checks themselves, each in its own words.
func ParseReasons(l Lang, markdown string) (map[string]Reason, error) {
	_, sections, err := splitPage(markdown)
	if err != nil {
		return nil, err
	}
	w := pageHeadings[l]
	reasons := map[string]Reason{}
	if last := len(sections) - 1; last >= 0 && sections[last].heading == w.reasons {
		if reasons, err = parseReasons(sections[last].text); err != nil {
			return nil, err
		}
		sections = sections[:last]
	}
	order := []string{w.fix, w.conclude}
	for _, s := range sections {
		at := slices.Index(order, s.heading)
		if at < 0 {
			return nil, fmt.Errorf("section %q must be %q or %q, once and in this order, or %q at the end", s.heading, w.fix, w.conclude, w.reasons)
		}
		order = order[at+1:]
		if rest, err := takeRemedies(s.text, reasons); err != nil || rest != "" {
			return nil, errors.Join(fmt.Errorf("section %q must hold items of single reasons only", s.heading), err)
		}
	}
	if len(reasons) == 0 {
		return nil, errors.New("page must tell a reason, or a remedy")
	}
	return reasons, nil
}

type section struct{ heading, text string }

func splitPage(markdown string) (title string, sections []section, err error) {
	first, rest, _ := strings.Cut(strings.TrimSpace(markdown), "\n")
	title, ok := strings.CutPrefix(first, "# ")
	title = strings.TrimSpace(title)
	if !ok || title == "" {
		return "", nil, fmt.Errorf("page must begin with %q and a title", "# ")
	}
	chunks := strings.Split("\n"+rest, "\n## ")
	for _, chunk := range chunks[1:] {
		heading, text, _ := strings.Cut(chunk, "\n")
		sections = append(sections, section{strings.TrimSpace(heading), strings.TrimSpace(text)})
	}
	return title, sections, nil
}

// reasonItem is an item about one reason.
var reasonItem = regexp.MustCompile("^`([a-z0-9][a-z0-9-]*)`(?: \\*\\*(.*)\\*\\*)?: +(\\S.*)$")

// longestHeadline is how many letters a line of a list has room for.
const longestHeadline = 90

func parseReasons(text string) (map[string]Reason, error) {
	reasons := map[string]Reason{}
	for _, item := range listItems(text) {
		match := reasonItem.FindStringSubmatch(item)
		if match == nil || reasons[match[1]].Message != "" {
			return nil, fmt.Errorf("reason %q must be written once, as - `key`: message, or - `key` **headline**: message", item)
		}
		r := Reason{Headline: match[2], Message: match[3]}
		if strings.ContainsAny(r.Headline, "{}*") || strings.HasSuffix(r.Headline, ".") || utf8.RuneCountInString(r.Headline) > longestHeadline ||
			r.Headline != strings.TrimSpace(r.Headline) {
			return nil, fmt.Errorf("headline %q must be at most %d letters, without value nor final full stop", r.Headline, longestHeadline)
		}
		if err := checkMessage(r.Message); err != nil {
			return nil, err
		}
		reasons[match[1]] = r
	}
	return reasons, nil
}

// takeRemedies gives the items of a section to their reasons, and returns the
// text before them, which is for all the others.
func takeRemedies(text string, reasons map[string]Reason) (rest string, err error) {
	at := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "- `") {
			break
		}
		at += len(line)
	}
	for _, item := range listItems(text[at:]) {
		match := reasonItem.FindStringSubmatch(item)
		if match == nil || match[2] != "" || reasons[match[1]].Remedy != "" {
			return "", fmt.Errorf("item %q must be written once, last in its section, as - `key`: text", item)
		}
		if err := checkMessage(match[3]); err != nil {
			return "", err
		}
		r := reasons[match[1]]
		r.Remedy = match[3]
		reasons[match[1]] = r
	}
	return strings.TrimSpace(text[:at]), nil
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
