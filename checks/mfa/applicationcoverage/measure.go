// SPDX-License-Identifier: Apache-2.0

package applicationcoverage

import (
	"cmp"
	"maps"
	"slices"

	"carescan/checks/internal/coverage"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// measure is one share of one population against its threshold.
type measure struct {
	population string
	aspect     string // "equipped" or "enforced", the beginning of a reason
	share      coverage.Share
	threshold  int
}

// measuresOf leaves out populations that have nobody.
func measuresOf(a fact.Accounts, p Params) (measures []measure) {
	for _, pop := range a.Populations {
		if pop.Enabled == 0 {
			continue
		}
		measures = append(measures,
			measure{pop.Name, "equipped", coverage.Share{Covered: pop.Equipped, Unknown: pop.UnknownEquipped, Total: pop.Enabled}, p.EquippedThreshold},
			measure{pop.Name, "enforced", coverage.Share{Covered: pop.Enforced, Unknown: pop.UnknownEnforced, Total: pop.Enabled}, p.EnforcedThreshold})
	}
	return measures
}

func (m measure) verdict() scanner.Verdict {
	values := m.share.Values(m.threshold)
	maps.Copy(values, coverage.Population(m.population))
	switch m.share.Reaches(m.threshold) {
	case scanner.Pass:
		return scanner.Passed("covered", values)
	case scanner.Fail:
		return scanner.FailedAs(m.severity(), m.aspect+"-short", values)
	case scanner.Inconclusive, scanner.NotApplicable:
	}
	return scanner.Unknown(m.aspect+"-uncertain", values)
}

// severity is critical for those whose account opens everything, or opens it
// from outside (identity-directory-hds.md section 1.7).
func (m measure) severity() scanner.Severity {
	if slices.Contains([]string{"administrators", "suppliers", "remote_users"}, m.population) {
		return scanner.Critical
	}
	return scanner.High
}

// compareGravity orders failures first, gravest first, then doubts; among
// equals, the least covered.
func compareGravity(a, b measure) int {
	return cmp.Or(a.verdict().Compare(b.verdict()), a.share.Compare(b.share))
}
