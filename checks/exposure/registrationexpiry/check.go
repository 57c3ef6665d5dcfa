// SPDX-License-Identifier: Apache-2.0

// Package registrationexpiry checks that the registration of a domain does not
// end soon.
package registrationexpiry

import (
	"slices"
	"strconv"
	"time"

	"carescan/checks/internal/registered"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the margins before the end of the registration, in whole days.
type Params struct {
	// WarnDays: at most so many days left is a warning. Source: EXP-DNS-01, rule
	// of the project.
	WarnDays int `json:"expiry_warn_days"`
	// FailDays: at most so many days left is a failure. Same source.
	FailDays int `json:"expiry_fail_days"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.registration-expiry", Revision: 1, Severity: scanner.High,
	References: []string{"EXP-DNS-01"},
	Reads:      []string{fact.RegistrationDomain},
	Judge:      scanner.Each(Params{WarnDays: 45, FailDays: 15}, judge),
}

func judge(c scanner.Case[Params], r fact.Registration) scanner.Verdict {
	if v, settled := registered.Settled(r); settled {
		return v
	}
	return judgeDate(c, r)
}

// judgeDate reads the end of the registration. A domain about to be deleted
// may keep a date that lies far ahead: its status counts first (RFC 3915).
func judgeDate(c scanner.Case[Params], r fact.Registration) scanner.Verdict {
	for _, status := range []string{"pending delete", "redemption period"} {
		if slices.Contains(r.Domain.Status, status) {
			return scanner.Failed("pending-deletion", scanner.Values{"name": r.Name, "status": registered.Codes([]string{status})})
		}
	}
	if r.Domain.Expires == nil {
		return scanner.Unknown("no-date", scanner.Values{"name": r.Name})
	}
	end := *r.Domain.Expires
	days := int(end.Sub(c.At) / (24 * time.Hour))
	values := scanner.Values{"name": r.Name, "until": end.UTC().Format(time.DateOnly), "days": strconv.Itoa(days)}
	switch {
	case c.At.After(end):
		return scanner.Failed("expired", values)
	case days <= c.Params.FailDays:
		return scanner.Failed("near", values)
	case days <= c.Params.WarnDays:
		return scanner.FailedAs(scanner.Medium, "soon", values)
	}
	return scanner.Passed("far", values)
}
