// SPDX-License-Identifier: Apache-2.0

// Package templates judges whether a group of recognition templates found
// something on a site.
package templates

import (
	"slices"
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// NoneFound judges the templates of one group: a match is a failure, and only
// a whole group tried without an error shows that there is nothing to find.
func NoneFound(group string) func(scanner.Case[struct{}], fact.Templates) scanner.Verdict {
	return func(_ scanner.Case[struct{}], f fact.Templates) scanner.Verdict {
		runs := slices.DeleteFunc(slices.Clone(f.Ran), func(r fact.TemplateRun) bool { return r.Group != group })
		tried := count(runs, func(r fact.TemplateRun) bool { return r.Ran && r.Error == "" })
		values := scanner.Values{"tried": strconv.Itoa(tried), "total": strconv.Itoa(len(runs))}
		switch {
		case slices.ContainsFunc(runs, matched):
			return scanner.Failed("exposed", found(runs))
		case f.Error != "":
			return scanner.Unknown("engine-error", nil)
		case len(runs) == 0:
			return scanner.Unknown("no-template", nil)
		case tried < len(runs):
			return scanner.Unknown("not-all-tried", values)
		}
		return scanner.Passed("none-found", values)
	}
}

func matched(r fact.TemplateRun) bool { return r.Matched }

func count(runs []fact.TemplateRun, is func(fact.TemplateRun) bool) (n int) {
	for _, r := range runs {
		if is(r) {
			n++
		}
	}
	return n
}

// found lists what matched and where, each once, in a stable order.
func found(runs []fact.TemplateRun) scanner.Values {
	var names, urls []string
	for _, r := range runs {
		if r.Matched {
			names, urls = append(names, r.Name), append(urls, r.URL)
		}
	}
	return scanner.Values{"names": list(names), "urls": list(urls)}
}

func list(words []string) string {
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ", ")
}
