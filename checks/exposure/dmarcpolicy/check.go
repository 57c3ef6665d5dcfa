// SPDX-License-Identifier: Apache-2.0

// Package dmarcpolicy checks that forged mail in the name of a domain is set
// aside by those who receive it.
package dmarcpolicy

import (
	"carescan/checks/internal/mailpolicy"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds. Revision 2 finds the record by the tree
// walk of RFC 9989, and leaves sub-domains, shares and the test mode to
// exposure.dmarc-subdomains.
var Check = scanner.Check{
	ID: "exposure.dmarc-policy", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-MAIL-08", "EXP-MAIL-09"},
	Vantage:    scanner.VantageInternet, Confirm: scanner.ConfirmAtOnce,
	Judge: scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.MailPolicy) scanner.Verdict {
	if v, settled := mailpolicy.Settled(f); settled {
		return v
	}
	record, state := mailpolicy.Policy(f)
	switch state {
	case mailpolicy.Applies:
		return judgePolicy(f, mailpolicy.Action(f, record))
	case mailpolicy.Several:
		return scanner.Failed("several", scanner.Values{"name": mailpolicy.SeveralAt(f)})
	case mailpolicy.Unusable:
		return scanner.Failed("unusable", nil)
	case mailpolicy.Absent:
		return scanner.Failed("absent", nil)
	case mailpolicy.Unknown:
	}
	return scanner.Unknown("dmarc-unknown", nil)
}

// judgePolicy grades a policy. How long it has been in observation is not in the
// fact, so that reports asked for are what tells a transition (EXP-MAIL-09). A
// sub-name covered by the record of its organisation is no separate failure
// (exposure-checks.md section 1.4).
func judgePolicy(f fact.MailPolicy, action string) scanner.Verdict {
	values := scanner.Values{"name": f.DMARC.PolicyDomain, "policy": action}
	switch {
	case action != mailpolicy.None && mailpolicy.Inherited(f):
		return scanner.Passed("inherited", values)
	case action != mailpolicy.None:
		return scanner.Passed("enforced", values)
	case mailpolicy.Inherited(f):
		return scanner.Exempt("covered", values)
	case reports(f):
		return scanner.FailedAs(scanner.Low, "observing", values)
	}
	return scanner.FailedAs(scanner.Medium, "none", values)
}

// reports tells whether an address that is well formed asks for reports.
func reports(f fact.MailPolicy) bool {
	for _, address := range f.DMARC.Reports {
		if address.Valid {
			return true
		}
	}
	return false
}
