// SPDX-License-Identifier: Apache-2.0

// Package tlsearlydata checks that a service refuses early data, which can
// be replayed.
package tlsearlydata

import (
	"carescan/checks/internal/contact"
	"carescan/checks/internal/offered"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.tls-early-data", Revision: 1, Severity: scanner.Low,
	References: []string{"EXP-TLS-11"},
	Reads:      []string{fact.TLSEarlyData},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	answers := offered.To(t, fact.OfferEarlyData)
	switch {
	case len(answers.Accepted) > 0:
		return scanner.Failed("accepted", nil)
	case len(answers.Unknown) > 0:
		return scanner.Unknown("not-known", nil)
	case !answers.Object && t.Versions["1.3"] == fact.Declined:
		return scanner.Exempt("no-tls13", nil)
	case !answers.Object:
		return scanner.Unknown("not-known", nil)
	}
	return scanner.Passed("refused", nil)
}
