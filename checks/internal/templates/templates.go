// SPDX-License-Identifier: Apache-2.0

// Package templates judges whether a group of recognition templates found
// something on a site.
package templates

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Grade is a reason to fail and its severity.
type Grade struct {
	Severity scanner.Severity
	Reason   string
}

// judging is a function that judges what the engine saw on a site.
type judging = func(scanner.Case[struct{}], fact.Templates) scanner.Verdict

// NoneFound judges the templates of one group: a match is a failure, and only
// a whole group tried without an error shows that there is nothing to find.
func NoneFound(group string) judging { return Graded(group, Grade{Reason: "exposed"}) }

// Graded does so with one of several severities, gravest first: each match takes
// the first grade that is not graver than its template says, and every grade is told
// with its own. A grade without a severity has that of the check.
func Graded(group string, grades ...Grade) judging {
	return func(_ scanner.Case[struct{}], f fact.Templates) scanner.Verdict {
		runs := those(f.Ran, func(r fact.TemplateRun) bool { return r.Group == group })
		matches := map[Grade][]fact.TemplateRun{}
		for _, r := range Reported(runs) {
			grade := gradeOf(r, grades)
			matches[grade] = append(matches[grade], r)
		}
		var faults []scanner.Verdict
		for _, grade := range grades {
			if found := matches[grade]; len(found) > 0 {
				faults = append(faults, scanner.FailedAs(grade.Severity, grade.Reason, Found(found)))
			}
		}
		if len(faults) > 0 {
			return scanner.Together(faults)
		}
		return Absence(f, runs)
	}
}

// gradeOf is the grade of a match, the last one when its template says less.
func gradeOf(r fact.TemplateRun, grades []Grade) Grade {
	for _, g := range grades {
		if g.Severity.Rank() >= min(scanner.Low.Rank(), scanner.Severity(r.Severity).Rank()) {
			return g
		}
	}
	return grades[len(grades)-1]
}

// Reported are the matches that are told: the curation left out the others.
func Reported(runs []fact.TemplateRun) []fact.TemplateRun {
	return those(runs, func(r fact.TemplateRun) bool { return r.Matched && r.Curation == "" })
}

// Absence judges runs none of which is to be told.
func Absence(f fact.Templates, runs []fact.TemplateRun) scanner.Verdict {
	tried := count(runs, func(r fact.TemplateRun) bool { return r.Ran && r.Error == "" })
	values := scanner.Values{"tried": strconv.Itoa(tried), "total": strconv.Itoa(len(runs))}
	guessed := slices.ContainsFunc(runs, func(r fact.TemplateRun) bool { return !r.Home })
	switch {
	case f.Error != "":
		return scanner.Unknown("engine-error", nil)
	case len(runs) == 0:
		return scanner.Unknown("no-template", nil)
	case f.SoftNotFound && guessed:
		return scanner.Unknown("soft-404", nil)
	case f.Blocked && guessed:
		return scanner.Unknown("blocked", nil)
	case tried < len(runs):
		return scanner.Unknown("not-all-tried", values)
	case slices.ContainsFunc(runs, doubtful):
		return scanner.Unknown("needs-review", Found(those(runs, doubtful)))
	}
	return scanner.Passed("none-found", values)
}

func doubtful(r fact.TemplateRun) bool { return r.Matched && r.Curation == fact.NeedsReview }

// those are the runs of a kind. A site has hundreds, of which a check reads a few.
func those(runs []fact.TemplateRun, is func(fact.TemplateRun) bool) (list []fact.TemplateRun) {
	for _, r := range runs {
		if is(r) {
			list = append(list, r)
		}
	}
	return list
}

func count(runs []fact.TemplateRun, is func(fact.TemplateRun) bool) (n int) {
	for _, r := range runs {
		if is(r) {
			n++
		}
	}
	return n
}

// Found lists what matched and where, each once, in a stable order. What a
// template recognises is told in words where its author gave them.
func Found(runs []fact.TemplateRun) scanner.Values {
	var names, french, english, urls []string
	for _, r := range runs {
		names, urls = append(names, r.Name), append(urls, r.URL)
		french, english = append(french, cmp.Or(r.Title.FR, r.Name)), append(english, cmp.Or(r.Title.EN, r.Name))
	}
	return scanner.Values{"names": list(names), "names_fr": list(french), "names_en": list(english), "urls": list(urls)}
}

func list(words []string) string {
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ", ")
}
