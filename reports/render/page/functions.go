// SPDX-License-Identifier: Apache-2.0

package page

import (
	"fmt"
	"html/template"
	"time"

	"carescan/reports"
	"carescan/scanner"
)

// labelled is a word of the product that has a name on screen.
type labelled interface{ Label() scanner.Text }

// counted is one that agrees with a number.
type counted interface{ Counted(n int) scanner.Text }

// functions are what templates may call, in one language. Every sentence of a
// template stands there in both: {{t "Constats" "Findings"}}.
func functions(l scanner.Lang) template.FuncMap {
	return template.FuncMap{
		"t":          func(fr, en string) string { return scanner.Text{FR: fr, EN: en}.Typeset().In(l) },
		"in":         func(text scanner.Text) string { return text.In(l) },
		"label":      func(w labelled) string { return w.Label().In(l) },
		"counted":    func(w counted, n int) string { return w.Counted(n).In(l) },
		"countLacks": scanner.CountLacks,
		"vantage":    func(v scanner.Vantage) string { return reports.VantageLabel(v).In(l) },
		"status":     func(s scanner.Status) string { return reports.StatusLabel(s).In(l) },
		"found":      func(how string) string { return reports.FoundLabel(how).In(l) },
		"confidence": func(c scanner.Confidence) string { return reports.ConfidenceLabel(c).In(l) },
		"firstDay": func(a scanner.Authorisation) string {
			first, _ := a.Days()
			return reports.Date(first, l)
		},
		"lastDay": func(a scanner.Authorisation) string {
			_, last := a.Days()
			return reports.Date(last, l)
		},
		"date":            func(t time.Time) string { return reports.Date(t, l) },
		"moment":          func(t time.Time) string { return reports.Moment(t, l) },
		"day":             func(s string) string { return day(s, l) },
		"machine":         func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"geographyCredit": reports.GeographyCredit,
		"outcomes":        scanner.Outcomes,
		"states":          scanner.ControlStates,
		"stateClass":      stateClass,
		"finding":         reports.AnchorFinding,
		"artifact":        reports.AnchorArtifact,
		"artifactName":    reports.ArtifactLabel,
		"control":         reports.AnchorControl,
		"source":          reports.AnchorSource,
		"bundle":          func() string { return reports.AnchorBundle },
		"blocks":          reports.Blocks,
		"spans":           spans,
		"bars":            bars,
		"style":           func() template.CSS { return template.CSS(style) }, //nolint:gosec // our own file
		"policy":          Policy,
		"plural":          func(n int, one, many string) string { return plural(l, n, one, many) },
		"asks":            reports.Asks,
		"on":              func(p Page, f reports.Finding) located { return located{p, f} },
		"outcome":         func(s string) scanner.Outcome { return scanner.Outcome(s) },
		"state":           func(s string) scanner.ControlState { return scanner.ControlState(s) },
	}
}

// located is a finding with the page it stands on.
type located struct {
	Page Page
	F    reports.Finding
}

// plural writes a number with its noun. French counts zero in the singular,
// English in the plural.
func plural(l scanner.Lang, n int, one, many string) string {
	if n == 1 || n == 0 && l != scanner.English {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %s", n, many)
}

// day writes a date of a catalog in words.
func day(s string, l scanner.Lang) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return reports.Date(t, l)
}

// stateClass gives the state of a control the shape of the outcome it is like.
func stateClass(s scanner.ControlState) string {
	switch s {
	case scanner.Satisfied:
		return string(scanner.Pass)
	case scanner.NotSatisfied:
		return string(scanner.Fail)
	case scanner.ControlNotApplicable:
		return string(scanner.NotApplicable)
	case scanner.ToExamine:
		return "examine"
	case scanner.ControlInconclusive:
	}
	return string(scanner.Inconclusive)
}

// bar is one share of a framework, in per mille of its width.
type bar struct {
	Class string
	X, W  int
}

func bars(f reports.Framework) []bar {
	var list []bar
	done := 0
	for _, s := range f.Shares() {
		from := done * 1000 / len(f.Controls)
		done += s.Count
		list = append(list, bar{stateClass(s.State), from, done*1000/len(f.Controls) - from})
	}
	return list
}
