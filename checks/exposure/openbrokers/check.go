// SPDX-License-Identifier: Apache-2.0

// Package openbrokers checks that brokers, container interfaces and metrics
// do not answer from the internet.
package openbrokers

import (
	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.open-brokers", Revision: 2, Severity: scanner.Critical,
	References: []string{"EXP-SVC-14"},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], s fact.HostServices) scanner.Verdict {
	if v, settled := exposed.Settled(s); settled {
		return v
	}
	look := exposed.Of(s, fact.GroupBroker)
	free := exposed.Where(look.Identified, func(p fact.Port) bool { return p.Login == fact.LoginNone })
	others := exposed.Where(look.Identified, func(p fact.Port) bool { return p.Login != fact.LoginNone })
	v, found := look.Faults(scanner.Low, exposed.Failing(free, "", "no-login"), exposed.Failing(others, scanner.Medium, "reachable"))
	if found {
		return v
	}
	return look.Rest(scanner.Low)
}
