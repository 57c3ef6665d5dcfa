// SPDX-License-Identifier: Apache-2.0

// Package adminsregression checks that no administrator of a directory loses the
// obligation of a second factor from one run to the next.
package adminsregression

import (
	"carescan/checks/internal/coverage"
	"carescan/checks/internal/past"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "mfa.admins-regression", Revision: 1, Severity: scanner.High,
	References: []string{"MFA-25"},
	Judge:      scanner.Against(struct{}{}, judge),
}

// judge allows no loss at all: "any admin lost" (MFA-25).
func judge(c scanner.Case[struct{}], d fact.Directory, h fact.History) scanner.Verdict {
	before, counted := past.Before(h, c.Target, "privileged", "enforced", c.At)
	fall := past.Fall{
		Share:  coverage.Share{Covered: d.PrivilegedEnforced, Unknown: d.PrivilegedUnknown, Total: d.Privileged},
		Before: before,
	}
	switch {
	case d.Privileged == 0:
		// A directory without administrators was not read with enough rights.
		return scanner.Unknown("no-administrator", nil)
	case !counted:
		return scanner.Exempt("first-count", nil)
	case !fall.Valid():
		return scanner.Unknown("inconsistent", nil)
	}
	switch fall.Outcome() {
	case scanner.Pass:
		return scanner.Passed("held", fall.Values())
	case scanner.Fail:
		return scanner.Failed("fell", fall.Values())
	case scanner.Inconclusive, scanner.NotApplicable:
	}
	return scanner.Unknown("uncertain", fall.Values())
}
