// SPDX-License-Identifier: Apache-2.0

// Package tlsflaws checks that a service does not suffer from the known flaws
// of TLS implementations.
package tlsflaws

import (
	"maps"
	"slices"
	"strings"

	"carescan/checks/internal/contact"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.tls-flaws", Revision: 1, Severity: scanner.Critical,
	References: []string{"EXP-TLS-19"},
	Reads:      []string{fact.TLSFlaws},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge has no object without the dated permission that looks of level P3 need:
// nothing was tried, and the sentence says so.
func judge(_ scanner.Case[struct{}], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	var affected, unknown []string
	for _, flaw := range slices.Sorted(maps.Keys(t.Flaws)) {
		switch t.Flaws[flaw] {
		case fact.Accepted:
			affected = append(affected, flaw)
		case fact.Declined:
		case fact.OfferUnknown, "": // an offer that was not made is not known either
			unknown = append(unknown, flaw)
		}
	}
	switch {
	case len(t.Flaws) == 0:
		return scanner.Exempt("not-authorised", nil)
	case len(affected) > 0:
		return scanner.Failed("affected", scanner.Values{"flaws": strings.Join(affected, ", ")})
	case len(unknown) > 0:
		return scanner.Unknown("not-known", scanner.Values{"flaws": strings.Join(unknown, ", ")})
	}
	return scanner.Passed("unaffected", scanner.Values{"flaws": strings.Join(slices.Sorted(maps.Keys(t.Flaws)), ", ")})
}
