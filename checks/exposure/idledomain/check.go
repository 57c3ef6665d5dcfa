// SPDX-License-Identifier: Apache-2.0

// Package idledomain checks that a domain without mail says so, so that nobody
// can write in its name.
package idledomain

import (
	"carescan/checks/internal/mailpolicy"
	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds. Revision 2 ignores the share of RFC 7489
// (pct), which RFC 9989 removed. Revision 4 tells every fault.
var Check = scanner.Check{
	ID: "exposure.idle-domain", Revision: 4, Severity: scanner.Medium,
	References: []string{"EXP-MAIL-02"},
	Reads:      []string{fact.MailUse, fact.MailDMARC, fact.MailSPF},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.MailPolicy) scanner.Verdict {
	switch {
	case f.Answer == fact.NXDomain || f.MX.Answer == fact.NXDomain:
		return named.Absent()
	case f.MX.Answer == fact.Present && !f.MX.Null:
		return scanner.Exempt("uses-mail", nil)
	case f.MX.Answer != fact.Present && !f.MX.Answer.Absent():
		return mailpolicy.Unanswered("no-answer", nil, f.MX.Cause.At("MX "+f.Name))
	case !f.Registrable:
		return judgeSubName(f)
	}
	return judgeIdle(f)
}

// judgeSubName leaves a sub-name to its organisation (exposure-checks.md section
// 1.4).
func judgeSubName(f fact.MailPolicy) scanner.Verdict {
	if rejects(f) {
		return scanner.Passed("covered", scanner.Values{"name": f.DMARC.PolicyDomain})
	}
	return scanner.Exempt("sub-name", nil)
}

// judgeIdle wants the three declarations. A proven lack counts more than what is
// not known.
func judgeIdle(f fact.MailPolicy) scanner.Verdict {
	_, state := mailpolicy.Policy(f)
	var faults []scanner.Verdict
	if f.SPF.Result == fact.SPFNone || f.SPF.Result == fact.SPFPermError || !f.SPF.EndUnknown && f.SPF.End != "-" {
		faults = append(faults, scanner.Failed("no-spf", nil))
	}
	if state != mailpolicy.Unknown && !rejects(f) {
		faults = append(faults, scanner.Failed("no-reject", nil))
	}
	minor := minorFaults(f)
	switch {
	case len(faults) > 0:
		return scanner.Together(append(faults, minor...))
	case f.SPF.Result != fact.SPFUsable || f.SPF.EndUnknown:
		var causes scanner.Causes
		for _, record := range f.SPF.Records {
			causes = append(causes, record.Cause.At("TXT "+record.Name))
		}
		return mailpolicy.Unanswered("spf-unknown", nil, causes...)
	case state == mailpolicy.Unknown:
		return mailpolicy.PolicyUnknown(f)
	case len(minor) > 0:
		return scanner.Together(minor)
	}
	return scanner.Passed("closed", nil)
}

// minorFaults lack nothing of the protection, and count where it is known.
func minorFaults(f fact.MailPolicy) (faults []scanner.Verdict) {
	if len(f.SPF.Records) > 0 && len(f.SPF.Records[0].Terms) > 1 {
		faults = append(faults, scanner.FailedAs(scanner.Low, "senders-listed", scanner.Values{"record": f.SPF.Records[0].Text}))
	}
	if !f.MX.Null {
		faults = append(faults, scanner.FailedAs(scanner.Low, "no-null-mx", nil))
	}
	return faults
}

// rejects tells whether receivers are asked to reject all that is forged.
func rejects(f fact.MailPolicy) bool {
	record, state := mailpolicy.Policy(f)
	return state == mailpolicy.Applies && mailpolicy.Action(f, record) == mailpolicy.Reject
}
