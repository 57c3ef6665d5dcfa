// SPDX-License-Identifier: Apache-2.0

// Package dmarcpolicy checks that forged mail in the name of a domain is set
// aside by those who receive it.
package dmarcpolicy

import (
	"maps"
	"strconv"
	"time"

	"carescan/checks/internal/mailpolicy"
	"carescan/checks/internal/past"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params bound the stage of observation.
type Params struct {
	// ObservationDays is how long a policy "none" with reports is a stage, in days
	// since it was first seen. Source: EXP-MAIL-09.
	ObservationDays int `json:"observation_days"`
}

// Check is the value the registry holds. Revision 2 finds the record by the tree
// walk of RFC 9989, and leaves sub-domains, shares and the test mode to
// exposure.dmarc-subdomains. Revision 3 knows since when a policy observes. Revision 4
// lets the policy of the organisation apply above several records, which are none.
var Check = scanner.Check{
	ID: "exposure.dmarc-policy", Revision: 4, Severity: scanner.High,
	References: []string{"EXP-MAIL-08", "EXP-MAIL-09"},
	Reads:      []string{fact.MailUse, fact.MailDMARC},
	Judge:      scanner.Beside(Params{ObservationDays: 90}, judge),
}

func judge(c scanner.Case[Params], f fact.MailPolicy, h *fact.History) scanner.Verdict {
	if v, settled := mailpolicy.Settled(f); settled {
		return v
	}
	record, state := mailpolicy.Policy(f)
	switch state {
	case mailpolicy.Applies:
		return judgePolicy(c, f, mailpolicy.Action(f, record), h)
	case mailpolicy.Several:
		return scanner.Failed("several", scanner.Values{"name": mailpolicy.SeveralAt(f)})
	case mailpolicy.Unusable:
		return scanner.Failed("unusable", nil)
	case mailpolicy.Absent:
		return scanner.Failed("absent", nil)
	case mailpolicy.Unknown:
	}
	return mailpolicy.PolicyUnknown(f)
}

// judgePolicy grades a policy. A sub-name covered by the record of its
// organisation is no separate failure (exposure-checks.md section 1.4).
func judgePolicy(c scanner.Case[Params], f fact.MailPolicy, action string, h *fact.History) scanner.Verdict {
	values := scanner.Values{"name": f.DMARC.PolicyDomain, "policy": action}
	switch {
	case mailpolicy.SeveralOwn(f) && action == mailpolicy.None:
		return scanner.Failed("several", scanner.Values{"name": f.Name})
	case mailpolicy.SeveralOwn(f):
		values["several"] = f.Name
		return scanner.Passed("inherited-past-several", values)
	case action != mailpolicy.None && mailpolicy.Inherited(f):
		return scanner.Passed("inherited", values)
	case action != mailpolicy.None:
		return scanner.Passed("enforced", values)
	case mailpolicy.Inherited(f):
		return scanner.Exempt("covered", values)
	case reports(f):
		return judgeObservation(c, h, values)
	}
	return scanner.FailedAs(scanner.Medium, "none", values)
}

// The reasons of a policy that only observes, with reports.
const (
	observing        = "observing"
	observingLong    = "observing-long"
	observingUndated = "observing-undated"
)

// judgeObservation grades a policy "none" with reports by how long it has been
// seen (EXP-MAIL-09). The failure does not wait for the past: when nobody
// remembers it, the milder degree is said, and that it is for want of a date.
func judgeObservation(c scanner.Case[Params], h *fact.History, values scanner.Values) scanner.Verdict {
	if h == nil {
		return scanner.FailedAs(scanner.Low, observingUndated, values)
	}
	since, known := past.Since(*h, "exposure.dmarc-policy", c.Target, observing, observingLong, observingUndated)
	if !known {
		since = c.At
	}
	days := past.Days(since, c.At)
	maps.Copy(values, scanner.Values{
		"since": since.UTC().Format(time.DateOnly), "days": strconv.Itoa(days), "limit": strconv.Itoa(c.Params.ObservationDays),
	})
	if days < c.Params.ObservationDays {
		return scanner.FailedAs(scanner.Low, observing, values)
	}
	return scanner.FailedAs(scanner.Medium, observingLong, values)
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
