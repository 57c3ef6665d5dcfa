// SPDX-License-Identifier: Apache-2.0

// Package registrationlock checks that a domain cannot be moved to another
// registrar by surprise.
package registrationlock

import (
	"slices"

	"carescan/checks/internal/registered"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.registration-lock", Revision: 1, Severity: scanner.Low,
	References: []string{"EXP-DNS-02"},
	Reads:      []string{fact.RegistrationDomain},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], r fact.Registration) scanner.Verdict {
	if v, settled := registered.Settled(r); settled {
		return v
	}
	return judgeStatus(r)
}

// judgeStatus reads the codes of RFC 9083 section 10.2.2: those that begin with
// "server" are set by the registry, "client" by the registrar.
func judgeStatus(r fact.Registration) scanner.Verdict {
	values := scanner.Values{"name": r.Name, "status": registered.Codes(r.Domain.Status)}
	has := func(codes ...string) bool {
		return slices.ContainsFunc(codes, func(code string) bool { return slices.Contains(r.Domain.Status, code) })
	}
	switch {
	case len(r.Domain.Status) == 0:
		return scanner.Unknown("no-status", values)
	case has("server transfer prohibited", "server update prohibited", "server delete prohibited", "locked"):
		return scanner.Passed("registry-lock", values)
	case has("client transfer prohibited", "transfer prohibited"):
		return scanner.Passed("transfer-lock", values)
	}
	return scanner.Failed("unlocked", values)
}
