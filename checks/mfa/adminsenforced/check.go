// SPDX-License-Identifier: Apache-2.0

// Package adminsenforced checks that every administrator of a directory must
// sign in with a second factor.
package adminsenforced

import (
	"carescan/checks/internal/coverage"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params is the share asked for.
type Params struct {
	// Threshold is in percent of the enabled privileged accounts. Source:
	// identity-directory-hds.md section 1.7, administrators.
	Threshold int `json:"threshold"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "mfa.admins-enforced", Revision: 1, Severity: scanner.Critical,
	References: []string{"MFA-02"},
	Judge:      scanner.Each(Params{Threshold: 100}, judge),
}

func judge(c scanner.Case[Params], d fact.Directory) scanner.Verdict {
	share := coverage.Share{Covered: d.PrivilegedEnforced, Unknown: d.PrivilegedUnknown, Total: d.Privileged}
	switch {
	case d.Privileged == 0:
		// A directory without administrators was not read with enough rights.
		return scanner.Unknown("no-administrator", nil)
	case !share.Valid():
		return scanner.Unknown("inconsistent", nil)
	}
	values := share.Values(c.Params.Threshold)
	switch share.Reaches(c.Params.Threshold) {
	case scanner.Pass:
		return scanner.Passed("enforced", values)
	case scanner.Fail:
		return scanner.Failed("not-enforced", values)
	case scanner.Inconclusive, scanner.NotApplicable:
	}
	return scanner.Unknown("uncertain", values)
}
