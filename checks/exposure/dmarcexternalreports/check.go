// SPDX-License-Identifier: Apache-2.0

// Package dmarcexternalreports checks that another organisation named to receive
// DMARC reports has agreed to it.
package dmarcexternalreports

import (
	"strings"

	"carescan/checks/internal/mailpolicy"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.dmarc-external-reports", Revision: 2, Severity: scanner.Low,
	References: []string{"EXP-MAIL-12"},
	Reads:      []string{fact.MailUse, fact.MailDMARC},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.MailPolicy) scanner.Verdict {
	_, v, settled := mailpolicy.Own(f)
	if settled {
		return v
	}
	return judgeReceivers(f.DMARC.Reports)
}

// judgeReceivers wants the consent of each receiver of another organisation
// (RFC 9990 section 4).
func judgeReceivers(addresses []fact.ReportAddress) scanner.Verdict {
	var valid, external, silent []string
	var faults []scanner.Verdict
	for _, a := range addresses {
		switch {
		case !a.Valid:
			continue
		case a.External && a.Authorised.Absent():
			faults = append(faults, scanner.Failed("not-authorised", scanner.Values{"domain": a.Domain}))
		case a.External && a.Authorised != fact.Present:
			silent = append(silent, a.Domain)
		case a.External:
			external = append(external, a.Domain)
		}
		valid = append(valid, a.Domain)
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case len(valid) == 0:
		return scanner.Exempt("no-reports", nil)
	case len(silent) > 0:
		return scanner.Unknown("consent-unknown", scanner.Values{"domain": silent[0]})
	case len(external) > 0:
		return scanner.Passed("authorised", scanner.Values{"domains": strings.Join(external, ", ")})
	}
	return scanner.Passed("own", nil)
}
