// SPDX-License-Identifier: Apache-2.0

// Package tlsbrokensuites checks that a service refuses the suites of
// encryption that protect nothing.
package tlsbrokensuites

import (
	"carescan/checks/internal/contact"
	"carescan/checks/internal/offered"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.tls-broken-suites", Revision: 1, Severity: scanner.High,
	References: []string{"EXP-TLS-04"},
	Reads:      []string{fact.TLSBroken},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	answers := offered.To(t, fact.OfferNull, fact.OfferAnonymous, fact.OfferExport, fact.OfferRC4, fact.OfferDES, fact.Offer3DES)
	switch {
	case len(answers.Accepted) == 1 && answers.Has(fact.Offer3DES):
		return scanner.FailedAs(scanner.Medium, "only-3des", nil)
	case len(answers.Accepted) > 0:
		return scanner.Failed("accepted", answers.Values())
	case len(answers.Unknown) > 0:
		return scanner.Unknown("not-known", answers.Values())
	}
	return scanner.Passed("refused", nil)
}
