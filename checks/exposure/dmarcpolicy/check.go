// SPDX-License-Identifier: Apache-2.0

// Package dmarcpolicy checks that forged mail in the name of a domain is set
// aside by those who receive it.
package dmarcpolicy

import (
	"carescan/checks/internal/dmarc"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.dmarc-policy", Revision: 1, Severity: scanner.High,
	References: []string{"EXP-MAIL-08", "EXP-MAIL-09", "EXP-MAIL-10"},
	Vantage:    scanner.VantageInternet,
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], z fact.Zone) scanner.Verdict {
	policy, state := dmarc.Find(z)
	switch state {
	case dmarc.Applies:
		return judgePolicy(policy)
	case dmarc.Several:
		return scanner.Failed("several", scanner.Values{"name": policy.Name})
	case dmarc.Absent:
		if z.TXT.Answer == fact.NXDomain {
			return scanner.Exempt("no-domain", nil)
		}
		return scanner.Failed("absent", nil)
	case dmarc.Unknown:
	}
	return scanner.Unknown("no-answer", nil)
}

// judgePolicy grades a policy. How long it has been in observation is not in
// the fact, so that reports asked for are what tells a transition (EXP-MAIL-09).
func judgePolicy(p dmarc.Policy) scanner.Verdict {
	values := scanner.Values{"name": p.Name, "policy": p.Action}
	switch {
	case p.Action == dmarc.None && p.Reports:
		return scanner.FailedAs(scanner.Low, "observing", values)
	case p.Action == dmarc.None:
		return scanner.FailedAs(scanner.Medium, "none", values)
	case p.Partial:
		return scanner.FailedAs(scanner.Low, "half-applied", values)
	case p.Weaker:
		return scanner.FailedAs(scanner.Low, "weaker-below", values)
	}
	return scanner.Passed("enforced", values)
}
