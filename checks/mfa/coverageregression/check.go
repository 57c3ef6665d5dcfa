// SPDX-License-Identifier: Apache-2.0

// Package coverageregression checks that the share of people with a second factor
// does not fall from one run to the next.
package coverageregression

import (
	"cmp"
	"maps"
	"slices"

	"carescan/checks/internal/coverage"
	"carescan/checks/internal/past"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params bound what a share may lose.
type Params struct {
	// Points is the greatest loss of a population, in points of percentage, between
	// the best figure of the month before and this run. Administrators may lose
	// none. Source: MFA-25.
	Points int `json:"points"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "mfa.coverage-regression", Revision: 2, Severity: scanner.High,
	References: []string{"MFA-25"},
	Judge:      scanner.Against(Params{Points: 5}, judge),
}

// judge concludes as its worst measure does, and tells every one that falls. What was
// never counted before is compared with nothing (identity-rules.md, The metric, rule
// 9).
func judge(c scanner.Case[Params], a fact.Accounts, h fact.History) scanner.Verdict {
	if !a.Sensitive {
		return scanner.Exempt("not-sensitive", nil)
	}
	compared := comparisons(c, a, h)
	if len(compared) == 0 {
		return scanner.Exempt("first-count", nil)
	}
	for _, m := range compared {
		if !m.fall.Valid() {
			return scanner.Unknown("inconsistent", coverage.Population(m.population))
		}
	}
	slices.SortStableFunc(compared, func(a, b comparison) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), a.fall.Share.Compare(b.fall.Share))
	})
	var verdicts []scanner.Verdict
	for _, m := range compared {
		verdicts = append(verdicts, m.verdict())
	}
	return scanner.Together(verdicts)
}

// comparison is one measure of one population, then and now.
type comparison struct {
	population, measure string
	fall                past.Fall
}

func (m comparison) verdict() scanner.Verdict {
	values := m.fall.Values()
	maps.Copy(values, coverage.Population(m.population))
	switch m.fall.Outcome() {
	case scanner.Pass:
		return scanner.Passed("held", values)
	case scanner.Fail:
		return scanner.Failed(m.measure+"-fell", values)
	case scanner.Inconclusive, scanner.NotApplicable:
	}
	return scanner.Unknown(m.measure+"-uncertain", values)
}

func (m comparison) rank() int { return slices.Index(scanner.Outcomes(), m.fall.Outcome()) }

func comparisons(c scanner.Case[Params], a fact.Accounts, h fact.History) (list []comparison) {
	for _, p := range a.Populations {
		points := c.Params.Points
		if p.Name == "administrators" {
			points = 0
		}
		for measure, share := range map[string]coverage.Share{
			"equipped": {Covered: p.Equipped, Unknown: p.UnknownEquipped, Total: p.Enabled},
			"enforced": {Covered: p.Enforced, Unknown: p.UnknownEnforced, Total: p.Enabled},
		} {
			before, counted := past.Before(h, c.Target, p.Name, measure, c.At)
			if counted && p.Enabled != 0 {
				list = append(list, comparison{p.Name, measure, past.Fall{Share: share, Before: before, Points: points}})
			}
		}
	}
	slices.SortFunc(list, func(a, b comparison) int {
		return cmp.Or(cmp.Compare(a.population, b.population), cmp.Compare(a.measure, b.measure))
	})
	return list
}
