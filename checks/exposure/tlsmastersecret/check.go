// SPDX-License-Identifier: Apache-2.0

// Package tlsmastersecret checks that the secrets of TLS 1.2 are tied to their
// whole negotiation.
package tlsmastersecret

import (
	"carescan/checks/internal/contact"
	"carescan/checks/internal/offered"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.tls-master-secret", Revision: 1, Severity: scanner.Low,
	References: []string{"EXP-TLS-10"},
	Reads:      []string{fact.TLSHabits},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	answers := offered.To(t, fact.OfferEMS)
	switch {
	case t.Offers[fact.OfferEMS] == fact.Declined:
		return scanner.Failed("unsupported", nil)
	case len(answers.Unknown) > 0:
		return scanner.Unknown("not-known", nil)
	case !answers.Object && t.Versions["1.3"] == fact.Accepted:
		return scanner.Exempt("tls13-only", nil)
	case !answers.Object:
		return scanner.Unknown("not-known", nil)
	}
	return scanner.Passed("supported", nil)
}
