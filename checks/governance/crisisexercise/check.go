// SPDX-License-Identifier: Apache-2.0

// Package crisisexercise checks that a cyber crisis exercise was held within
// the year.
package crisisexercise

import (
	"slices"

	"carescan/checks/internal/attested"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params bound the age of the last exercise.
type Params struct {
	// MaxAgeDays is the rhythm asked for, in days. Source: instruction
	// DNS/2025/12, action 1 (regulation.md section 8.1).
	MaxAgeDays int `json:"max_age_days"`
	// ToleranceDays is added to it, in days. Source: none, so 0; a campaign may
	// grant some.
	ToleranceDays int `json:"tolerance_days"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "governance.crisis-exercise", Revision: 3, Severity: scanner.Medium,
	References: []string{"DNS/2025/12-1", "CaRE-15-3"},
	Judge:      scanner.Each(Params{MaxAgeDays: 365, ToleranceDays: 0}, judge),
}

func judge(c scanner.Case[Params], f fact.Attestations) scanner.Verdict {
	other, _, held := attested.Latest(f, "crisis-exercise", c.At)
	f.Items = slices.DeleteFunc(slices.Clone(f.Items), doesNotCount)
	exercise, v, ok := attested.Latest(f, "crisis-exercise", c.At)
	switch {
	case !ok && held && v.Reason == "none-stated":
		return scanner.Unknown("does-not-count", attested.Values(other))
	case !ok:
		return v
	}
	values := attested.Values(exercise)
	if !c.At.Before(exercise.Date.AddDate(0, 0, c.Params.MaxAgeDays+c.Params.ToleranceDays+1)) {
		if v, doubt := attested.Unread(f, "crisis-exercise", c.At, exercise.Date); doubt {
			return v
		}
		return attested.By(exercise, scanner.Failed("too-old", values))
	}
	return attested.By(exercise, scanner.Passed("held", values))
}

// doesNotCount tells an exercise of a type that is no yearly crisis exercise
// (regulation-2.md section 6). One without a type is taken at its word.
func doesNotCount(a fact.Attestation) bool {
	return a.Topic == "crisis-exercise" && a.Exercise != "" && a.Exercise != fact.ExerciseCare
}
