// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// place is where a message shows a value:
//
//	{name}                     the value; a date is written in words
//	{name#}                    the value as a number: 12 000 or 66,7 in French
//	{name|one|many}            the number and its word: 3 records, 1 record, no record
//	{name|one|many|none}       the same, with its own words for none
//	{name:one|many}            the word alone, in agreement with a list: "ns1, ns2" is two
//	{name:one|many|none}       the same, with its own words for none
//	{name#:one|many}           the word alone, in agreement with a number
//	{name#:one|many|none}      the same, with its own words for none
//
// A list may hold numbers: "13" is thirteen of something after | and #, and one
// thing, called 13, after : alone.
var place = regexp.MustCompile(`\{([a-z_]+)(#?:[^{}|]+\|[^{}|]+(?:\|[^{}|]+)?|\|[^{}|]+\|[^{}|]+(?:\|[^{}|]+)?|#)?\}`)

// checkMessage refuses a message with a brace outside a whole place.
func checkMessage(message string) error {
	if rest := place.ReplaceAllString(message, ""); strings.ContainsAny(rest, "{}") {
		return fmt.Errorf("message %q holds a place that is not {name}, {name#}, {name|one|many}, {name:one|many} or {name#:one|many}", message)
	}
	return nil
}

// Places names the values that a message shows, in order.
func Places(message string) []string {
	var names []string
	for _, match := range place.FindAllStringSubmatch(message, -1) {
		names = append(names, match[1])
	}
	return names
}

// Outline shows a message without values, for a page that explains it: values by
// their names, words in the plural.
func Outline(message string) string {
	return place.ReplaceAllStringFunc(message, func(whole string) string {
		match := place.FindStringSubmatch(whole)
		name, form := "{"+match[1]+"}", match[2]
		if form == "" || form == "#" {
			return name
		}
		many := strings.Split(form, "|")
		if form[0] == '|' {
			return name + " " + many[2]
		}
		return many[1]
	})
}

// Fill puts values in the places of a sentence, in every language.
func (t Text) Fill(v Values) Text { return Text{fill(French, t.FR, v), fill(English, t.EN, v)} }

// fill puts each value in its place, once: what a value says is never filled
// again, since it may come from outside. A value that is missing leaves its place.
func fill(l Lang, message string, v Values) string {
	return place.ReplaceAllStringFunc(message, func(whole string) string {
		match := place.FindStringSubmatch(whole)
		value, known := v[match[1]]
		switch form := match[2]; {
		case !known:
			return whole
		case form == "":
			return date(l, value)
		case form == "#":
			return number(l, value)
		case form[0] == ':':
			return agree(l, items(value), false, strings.Split(form[1:], "|"))
		default:
			return agree(l, count(value), form[0] == '|', strings.Split(strings.TrimLeft(form, "#:|"), "|"))
		}
	})
}

// agree writes a word in agreement with a number, and the number before it when
// it is to be shown. Zero and one are singular in French, one alone in English.
func agree(l Lang, n int, shown bool, words []string) string {
	word := words[1]
	if n == 1 || n == 0 && l != English {
		word = words[0]
	}
	switch {
	case n == 0 && len(words) == 3:
		return words[2]
	case !shown:
		return word
	case n == 0 && l == English:
		return "no " + word
	case n == 0:
		return "aucun " + word
	case l == English:
		return number(l, strconv.Itoa(n)) + " " + word
	}
	return number(l, strconv.Itoa(n)) + noBreakSpace + word
}

// count reads a number; a value that is none is a list, whose items it counts.
func count(value string) int {
	if n, err := strconv.Atoi(value); err == nil && !strings.HasPrefix(value, "+") {
		return n
	}
	return items(value)
}

// items counts those of a list; "+3" at the end of one that was cut stands for
// three of them.
func items(value string) (n int) {
	for item := range strings.SplitSeq(value, ", ") {
		more, err := strconv.Atoi(item)
		switch {
		case item == "":
		case err == nil && strings.HasPrefix(item, "+"):
			n += more
		default:
			n++
		}
	}
	return n
}

var numeral = regexp.MustCompile(`^(-?)(\d+)(?:\.(\d+))?$`)

// number writes a number as its language does: five digits and more in groups of
// three, and a decimal comma in French.
func number(l Lang, value string) string {
	match := numeral.FindStringSubmatch(value)
	if match == nil {
		return value
	}
	group, point := noBreakSpace, ","
	if l == English {
		group, point = ",", "."
	}
	digits := match[2]
	if len(digits) > 4 {
		for at := len(digits) - 3; at > 0; at -= 3 {
			digits = digits[:at] + group + digits[at:]
		}
	}
	if match[3] != "" {
		digits += point + match[3]
	}
	return match[1] + digits
}

// date writes a value that is a date, or a date and an hour, in words; any other
// value is kept. Values stay dates of ISO 8601 in whatever is stored.
func date(l Lang, value string) string {
	if day, err := time.Parse(time.DateOnly, value); err == nil && day.Year() > 1 {
		return Day(l, day)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04"} {
		if at, err := time.Parse(layout, value); err == nil && at.Year() > 1 {
			return Moment(l, at)
		}
	}
	return value
}
