// SPDX-License-Identifier: Apache-2.0

// Package spfrecord checks that a domain says which servers may send its mail,
// and refuses the others.
package spfrecord

import (
	"strconv"

	"carescan/checks/internal/dmarc"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.spf-record", Revision: 1, Severity: scanner.Medium,
	References: []string{"EXP-MAIL-03", "EXP-MAIL-05"},
	Vantage:    scanner.VantageInternet,
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], z fact.Zone) scanner.Verdict {
	switch z.TXT.Answer {
	case fact.Present, fact.NoData:
		return judgeRecords(z)
	case fact.NXDomain:
		return scanner.Exempt("no-domain", nil)
	case fact.NoAnswer:
	}
	return scanner.Unknown("no-answer", nil)
}

// judgeRecords asks for exactly one record (RFC 7208 section 4.5).
func judgeRecords(z fact.Zone) scanner.Verdict {
	records := spfRecords(z.TXT.Values)
	if len(records) == 0 {
		return broken(z, "absent", nil)
	}
	if len(records) > 1 {
		return broken(z, "several", scanner.Values{"count": strconv.Itoa(len(records))})
	}
	record, fault := Parse(records[0])
	if fault != "" {
		return broken(z, "invalid", scanner.Values{"term": fault})
	}
	return judgeEnd(z, record, scanner.Values{"record": records[0]})
}

// broken grades a domain without usable SPF: high when DMARC is absent too
// (EXP-MAIL-03).
func broken(z fact.Zone, reason string, v scanner.Values) scanner.Verdict {
	if _, state := dmarc.Find(z); state == dmarc.Absent {
		return scanner.FailedAs(scanner.High, reason, v)
	}
	return scanner.Failed(reason, v)
}

// judgeEnd looks at what happens to senders that are not listed (EXP-MAIL-05).
func judgeEnd(z fact.Zone, r Record, v scanner.Values) scanner.Verdict {
	switch {
	case r.All == "-":
		return scanner.Passed("closed", v)
	case r.All == "~":
		return judgeSoft(z, v)
	case r.All == "+":
		return scanner.FailedAs(scanner.High, "open", v)
	case r.All == "?":
		return scanner.Failed("neutral", v)
	case r.Redirect != "":
		return scanner.Unknown("redirected", scanner.Values{"target": r.Redirect})
	}
	return scanner.Failed("unfinished", v)
}

// judgeSoft accepts a mild end when an enforced DMARC policy decides anyway.
func judgeSoft(z fact.Zone, v scanner.Values) scanner.Verdict {
	policy, state := dmarc.Find(z)
	switch {
	case state == dmarc.Applies && policy.Enforced():
		return scanner.Passed("soft-enforced", v)
	case state == dmarc.Unknown:
		return scanner.Unknown("soft-unknown", v)
	}
	return scanner.FailedAs(scanner.Low, "soft", v)
}
