// SPDX-License-Identifier: Apache-2.0

// Package persistentunknowns asks the establishment to let the agent see what it
// could not see several runs in a row. It never fails: not knowing is no fault.
package persistentunknowns

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params say from when a doubt is worth a request.
type Params struct {
	// Runs is how many runs in a row concluded nothing. Source: exposure-checks.md
	// section 1.1.
	Runs int `json:"runs"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "governance.persistent-unknowns", Revision: 1, Severity: scanner.Low,
	References: []string{"EXP-1.1"},
	Judge:      scanner.Each(Params{Runs: 3}, judge),
}

// named is how many targets a message names; a page of them would not be read.
const named = 10

func judge(c scanner.Case[Params], h fact.History) scanner.Verdict {
	lasting := slices.DeleteFunc(slices.Clone(h.Doubts), func(d fact.Doubt) bool { return d.Runs < max(c.Params.Runs, 1) })
	values := scanner.Values{"runs": strconv.Itoa(c.Params.Runs), "known": strconv.Itoa(h.Known)}
	switch {
	case len(lasting) > 0:
		oldest := slices.MinFunc(lasting, func(a, b fact.Doubt) int { return a.From.Compare(b.From) })
		values["date"] = oldest.From.UTC().Format(time.DateOnly)
		values["count"] = strconv.Itoa(len(lasting))
		maps.Copy(values, byTarget(lasting))
		return scanner.Unknown("lasting", values)
	case h.Known < c.Params.Runs || h.Known < 1:
		return scanner.Exempt("too-early", values)
	}
	return scanner.Passed("none", values)
}

// byTarget lists the targets in words, those with most doubts first, with their
// checks.
func byTarget(doubts []fact.Doubt) scanner.Values {
	checks := map[string][]string{}
	var targets []string
	for _, d := range doubts {
		if checks[d.Target] == nil {
			targets = append(targets, d.Target)
		}
		checks[d.Target] = append(checks[d.Target], d.Check)
	}
	slices.SortFunc(targets, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(checks[b]), len(checks[a])), cmp.Compare(a, b))
	})
	var french, english []string
	for _, target := range targets[:min(len(targets), named)] {
		slices.Sort(checks[target])
		words, why := scanner.TargetOf(target).Called(), " ("+short(checks[target])+")"
		french, english = append(french, words.FR+why), append(english, words.EN+why)
	}
	if left := len(targets) - named; left > 0 {
		french, english = append(french, "… +"+strconv.Itoa(left)), append(english, "… +"+strconv.Itoa(left))
	}
	return scanner.Values{"list_fr": strings.Join(french, ", "), "list_en": strings.Join(english, ", ")}
}

// short names three checks, as they are called in commands, and counts the others.
func short(checks []string) string {
	var named []string
	for _, check := range checks[:min(len(checks), 3)] {
		named = append(named, "`"+check+"`")
	}
	if left := len(checks) - 3; left > 0 {
		return strings.Join(named, ", ") + "… +" + strconv.Itoa(left)
	}
	return strings.Join(named, ", ")
}
