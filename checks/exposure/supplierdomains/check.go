// SPDX-License-Identifier: Apache-2.0

// Package supplierdomains checks that the domains a domain depends on still
// belong to somebody.
package supplierdomains

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the margin before the end of the registration of a supplier.
type Params struct {
	// ExpiryDays: at most so many whole days left is "about to expire". Source:
	// EXP-DNS-05 and the lower limit of EXP-DNS-01, rule of the project.
	ExpiryDays int `json:"expiry_days"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.supplier-domains", Revision: 2, Severity: scanner.Critical,
	References: []string{"EXP-DNS-05"},
	Reads:      []string{fact.RegistrationSuppliers},
	Judge:      scanner.Each(Params{ExpiryDays: 15}, judge),
}

func judge(c scanner.Case[Params], r fact.Registration) scanner.Verdict {
	free := named(r, isFree)
	ending := named(r, func(s fact.Supplier) bool { return isEnding(c, s) })
	var faults []scanner.Verdict
	if free != "" {
		faults = append(faults, scanner.Failed("free", scanner.Values{"domains": free}))
	}
	if ending != "" {
		faults = append(faults, scanner.FailedAs(scanner.Medium, "ending", scanner.Values{"domains": ending}))
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case r.Name == "" || len(r.Unread) > 0:
		return scanner.Unknown("unread", scanner.Values{"records": strings.Join(r.Unread, ", ")})
	case r.More > 0:
		return scanner.Unknown("too-many", scanner.Values{"more": strconv.Itoa(r.More)})
	case len(r.Suppliers) == 0:
		return scanner.Exempt("none", nil)
	}
	return judgeKnown(r)
}

// judgeKnown tells apart, among suppliers that are not proven free, what is not
// known of them.
func judgeKnown(r fact.Registration) scanner.Verdict {
	missing := named(r, func(s fact.Supplier) bool { return !exists(s) && s.DNS == fact.NXDomain })
	silent := named(r, func(s fact.Supplier) bool { return !exists(s) })
	undated := named(r, func(s fact.Supplier) bool { return s.Registry.Expires == nil })
	all := named(r, func(fact.Supplier) bool { return true })
	switch {
	case missing != "":
		return scanner.Unknown("missing", scanner.Values{"domains": missing})
	case silent != "":
		return scanner.Unknown("no-answer", scanner.Values{"domains": silent})
	case undated != "":
		return scanner.Passed("registered-undated", scanner.Values{"domains": all, "undated": undated})
	}
	return scanner.Passed("registered", scanner.Values{"domains": all})
}

// isFree needs both proofs: the DNS denies the domain and its registry does not
// know it.
func isFree(s fact.Supplier) bool {
	return s.DNS == fact.NXDomain && s.Registry.State == fact.NotRegistered
}

// exists tells whether somebody holds the domain: what lives in the DNS was
// registered, and a registered domain need not live there.
func exists(s fact.Supplier) bool {
	return s.DNS == fact.Present || s.DNS == fact.NoData || s.Registry.State == fact.Registered
}

func isEnding(c scanner.Case[Params], s fact.Supplier) bool {
	if slices.Contains(s.Registry.Status, "pending delete") || slices.Contains(s.Registry.Status, "redemption period") {
		return true
	}
	end := s.Registry.Expires
	return end != nil && int(end.Sub(c.At)/(24*time.Hour)) <= c.Params.ExpiryDays
}

// named lists the suppliers of a kind, with what they are to the domain.
func named(r fact.Registration, of func(fact.Supplier) bool) string {
	var list []string
	for _, s := range r.Suppliers {
		if of(s) {
			list = append(list, s.Domain+" ("+strings.Join(s.Roles, ", ")+")")
		}
	}
	return strings.Join(list, ", ")
}
