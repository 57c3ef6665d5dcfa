// SPDX-License-Identifier: Apache-2.0

// Package applicationcoverage checks that the people of a sensitive application
// own a second factor and cannot sign in without it.
package applicationcoverage

import (
	"slices"

	"carescan/checks/internal/coverage"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the shares asked for in every population.
type Params struct {
	// EquippedThreshold is in percent of the enabled accounts that own a usable
	// factor. Source: HospiConnect 2027, identity-directory-hds.md section 1.7.
	EquippedThreshold int `json:"equipped_threshold"`
	// EnforcedThreshold is in percent of the enabled accounts that cannot do
	// without it. Source: RIE since 1 January 2026, same section.
	EnforcedThreshold int `json:"enforced_threshold"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "mfa.application-coverage", Revision: 2, Severity: scanner.High,
	References: []string{"MFA-05", "MFA-06", "MFA-07", "MFA-09"},
	Judge:      scanner.Each(Params{EquippedThreshold: 100, EnforcedThreshold: 100}, judge),
}

// judge concludes as its worst measure does, since the average of an application
// would hide an uncovered population, and tells every measure that falls short.
func judge(c scanner.Case[Params], a fact.Accounts) scanner.Verdict {
	if !a.Sensitive {
		return scanner.Exempt("not-sensitive", nil)
	}
	measures := measuresOf(a, c.Params)
	if len(measures) == 0 {
		return scanner.Unknown("nobody", nil)
	}
	for _, m := range measures {
		if !m.share.Valid() {
			return scanner.Unknown("inconsistent", coverage.Population(m.population))
		}
	}
	slices.SortStableFunc(measures, compareGravity)
	var verdicts []scanner.Verdict
	for _, m := range measures {
		verdicts = append(verdicts, m.verdict())
	}
	return scanner.Together(verdicts)
}
