// SPDX-License-Identifier: Apache-2.0

// Package tlsreporting checks that a domain which has its mail encrypted is told
// when that fails (TLS-RPT).
package tlsreporting

import (
	"slices"

	"carescan/checks/internal/mailpolicy"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds. Revision 3 does not praise the absence of
// what nothing asks for.
var Check = scanner.Check{
	ID: "exposure.tls-reporting", Revision: 3, Severity: scanner.Low,
	References: []string{"EXP-MAIL-17"},
	Reads:      []string{fact.MailUse, fact.MailTLSRPT, fact.MailSTS},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.MailPolicy) scanner.Verdict {
	if v, settled := mailpolicy.Settled(f); settled {
		return v
	}
	switch r := f.TLSRPT; {
	case r.Answer != fact.Present && !r.Answer.Absent():
		return mailpolicy.Unanswered("record-unknown", nil, r.Cause)
	case r.Count > 1: // RFC 8460 section 3
		return scanner.Failed("several", nil)
	case r.Count == 1 && !r.Valid:
		return scanner.Failed("malformed", nil)
	case r.Count == 1 && len(r.Reports) > 0 && !slices.ContainsFunc(r.Reports, usable):
		return scanner.Failed("wrong-address", nil)
	case r.Count == 1:
		return scanner.Passed("declared", nil)
	}
	return judgeAbsent(f.MTASTS.Record, f.DANE)
}

// usable tells whether reports can be sent to an address: by mail or over HTTPS,
// and in no other way (RFC 8460 section 3).
func usable(a fact.ReportAddress) bool {
	return a.Scheme == "mailto" && a.Valid || a.Scheme == "https" && a.Domain != ""
}

// judgeAbsent wants reports from a domain that asks for encryption.
func judgeAbsent(sts fact.PublishedRecord, dane fact.Answer) scanner.Verdict {
	switch {
	case sts.Count > 0:
		return scanner.Failed("absent", nil)
	case dane == fact.Present:
		return scanner.Failed("absent-dane", nil)
	case sts.Answer != fact.Present && !sts.Answer.Absent():
		return mailpolicy.Unanswered("record-unknown", nil, sts.Cause)
	case !dane.Absent():
		return scanner.Unknown("dane-unknown", nil)
	}
	return scanner.Exempt("not-needed", nil)
}
