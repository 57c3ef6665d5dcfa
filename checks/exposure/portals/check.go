// SPDX-License-Identifier: Apache-2.0

// Package portals checks that every portal is declared and asks for a second
// factor.
package portals

import (
	"carescan/checks/internal/exposed"
	"carescan/checks/internal/portal"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.portals", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-SVC-09"},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge looks at the portals recognised and at the services declared as such:
// exposing them is meant, leaving them to a password alone is not.
func judge(_ scanner.Case[struct{}], s fact.HostServices) scanner.Verdict {
	if v, settled := exposed.Settled(s); settled {
		return v
	}
	portals := exposed.Where(s.Ports, isPortal)
	var faults []scanner.Verdict
	for _, rule := range rules {
		faults = append(faults, exposed.Failing(exposed.Where(portals, rule.applies), rule.severity, rule.reason)...)
	}
	if len(faults) > 0 {
		return scanner.Together(faults)
	}
	look := exposed.Of(s, fact.GroupWeb)
	switch {
	case len(look.Unasked)+len(look.Unnamed) > 0:
		return scanner.Unknown("page-unread", exposed.Values(append(look.Unasked, look.Unnamed...)))
	case len(portals) > 0:
		return scanner.Passed("protected", exposed.Values(portals))
	}
	return scanner.Passed("none", nil)
}

func isPortal(p fact.Port) bool {
	declared := p.Declared != nil && p.Declared.Kind != "ssh"
	return p.State == fact.PortOpen && (p.Portal != "" || declared)
}

// rules are in the order of gravity.
var rules = []struct {
	reason   string
	severity scanner.Severity
	applies  func(fact.Port) bool
}{
	{portal.Undeclared, scanner.High, declared(portal.Undeclared)},
	{portal.OneFactor, scanner.High, declared(portal.OneFactor)},
	{"legacy-endpoint", scanner.Medium, func(p fact.Port) bool { return p.LegacyAuth }},
	{portal.FactorUnknown, scanner.Medium, declared(portal.FactorUnknown)},
}

func declared(weakness string) func(fact.Port) bool {
	return func(p fact.Port) bool { return portal.Weakness(p.Declared) == weakness }
}
