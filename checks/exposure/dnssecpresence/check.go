// SPDX-License-Identifier: Apache-2.0

// Package dnssecpresence checks that a zone is signed and that its parent
// publishes the print of its key.
package dnssecpresence

import (
	"slices"
	"strings"

	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.dnssec-presence", Revision: 3, Severity: scanner.Medium,
	References: []string{"EXP-DNS-09"},
	Reads:      []string{fact.ZoneNS, fact.ZoneDS, fact.ZoneDNSKEY},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], z fact.Zone) scanner.Verdict {
	switch {
	case z.NS.Answer == fact.NXDomain:
		return named.Absent()
	case z.NS.Answer == fact.NoData:
		// DS and DNSKEY live at the top of a zone (RFC 4035 section 2).
		return scanner.Exempt("not-a-zone", nil)
	case !known(z.NS) || !known(z.DS) || !known(z.DNSKEY):
		return scanner.Unknown("no-answer", nil)
	}
	return judgePair(weight(z), z.DS.Answer == fact.Present, z.DNSKEY.Answer == fact.Present)
}

// weight is medium for a domain that receives mail, and low for others
// (EXP-DNS-09). Which names are portals is not in the fact.
func weight(z fact.Zone) scanner.Severity {
	receives := func(mx string) bool { return !strings.HasSuffix(mx, " .") } // a null MX, RFC 7505
	if z.MX.Answer == fact.Present && slices.ContainsFunc(z.MX.Values, receives) {
		return scanner.Medium
	}
	return scanner.Low
}

func known(s fact.RecordSet) bool { return s.Answer == fact.Present || s.Answer.Absent() }

// judgePair needs both ends of the link: a print without a key makes the domain
// unreachable for those who validate, a key without a print protects nobody.
func judgePair(weight scanner.Severity, ds, key bool) scanner.Verdict {
	switch {
	case ds && key:
		return scanner.Passed("signed", nil)
	case ds:
		return scanner.Failed("ds-without-key", nil)
	case key:
		return scanner.FailedAs(weight, "key-without-ds", nil)
	}
	return scanner.FailedAs(weight, "unsigned", nil)
}
