// SPDX-License-Identifier: Apache-2.0

// Package defaultcredentials says what is known of default passwords: nothing,
// because none is ever tried.
package defaultcredentials

import (
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.default-credentials", Revision: 1, Severity: scanner.Critical,
	References: []string{"EXP-VULN-07"},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge never passes and never fails: no probe tries a credential, even where
// the establishment allowed more than looking (decision 4 of the architecture).
func judge(_ scanner.Case[struct{}], f fact.Templates) scanner.Verdict {
	if !f.Intrusive {
		return scanner.Exempt("not-authorised", nil)
	}
	return scanner.Unknown("not-tried", nil)
}
