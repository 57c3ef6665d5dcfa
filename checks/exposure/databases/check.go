// SPDX-License-Identifier: Apache-2.0

// Package databases checks that no database answers from the internet.
package databases

import (
	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.databases", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-SVC-05"},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], s fact.HostServices) scanner.Verdict {
	if v, settled := exposed.Settled(s); settled {
		return v
	}
	look := exposed.Of(s, fact.GroupDatabase)
	free := exposed.Where(look.Identified, func(p fact.Port) bool { return p.Login == fact.LoginNone })
	others := exposed.Where(look.Identified, func(p fact.Port) bool { return p.Login != fact.LoginNone })
	v, found := look.Faults(scanner.Low, exposed.Failing(free, scanner.Critical, "no-login"), exposed.Failing(others, scanner.High, "reachable"))
	if found {
		return v
	}
	return look.Rest(scanner.Low)
}
