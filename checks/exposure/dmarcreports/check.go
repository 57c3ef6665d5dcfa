// SPDX-License-Identifier: Apache-2.0

// Package dmarcreports checks that DMARC reports are asked for, at an address
// that can receive them.
package dmarcreports

import (
	"strings"

	"carescan/checks/internal/mailpolicy"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.dmarc-reports", Revision: 1, Severity: scanner.Low,
	References: []string{"EXP-MAIL-11"},
	Reads:      []string{fact.MailUse, fact.MailDMARC},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.MailPolicy) scanner.Verdict {
	_, v, settled := mailpolicy.Own(f)
	switch {
	case settled:
		return v
	case len(f.DMARC.Reports) == 0:
		return scanner.Failed("none", nil)
	}
	return judgeAddresses(f.DMARC.Reports)
}

// judgeAddresses wants one address that is well formed and whose domain accepts
// mail.
func judgeAddresses(addresses []fact.ReportAddress) scanner.Verdict {
	var received, silent, deaf []string
	for _, a := range addresses {
		switch {
		case !a.Valid:
		case a.Mail == fact.Present:
			received = append(received, a.Domain)
		case a.Mail.Absent():
			deaf = append(deaf, a.Domain)
		default:
			silent = append(silent, a.Domain)
		}
	}
	named := func(domains []string) scanner.Values {
		return scanner.Values{"domains": strings.Join(domains, ", ")}
	}
	switch {
	case len(received) > 0:
		return scanner.Passed("received", named(received))
	case len(silent) > 0:
		return scanner.Unknown("mailbox-unknown", named(silent))
	case len(deaf) > 0:
		return scanner.Failed("no-mailbox", named(deaf))
	}
	return scanner.Failed("invalid", nil)
}
