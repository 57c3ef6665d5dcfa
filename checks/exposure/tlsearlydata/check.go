// SPDX-License-Identifier: Apache-2.0

// Package tlsearlydata checks that a service refuses early data, which can
// be replayed.
package tlsearlydata

import (
	"slices"

	"carescan/checks/internal/contact"
	"carescan/checks/internal/offered"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.tls-early-data", Revision: 2, Severity: scanner.Low,
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
		return unseen(t)
	case !answers.Object && t.Versions["1.3"] == fact.Declined:
		return scanner.Exempt("no-tls13", nil)
	case !answers.Object:
		return scanner.Unknown("not-known", nil)
	}
	return scanner.Passed("refused", nil)
}

// unseen says what kept the session from being made, in whose ticket the answer is
// read (RFC 8446 section 4.6.1), when it is the service's doing.
func unseen(t fact.TLS) scanner.Verdict {
	switch {
	case slices.ContainsFunc(t.Chain, func(c fact.Certificate) bool { return len(c.Oddities) > 0 }):
		return scanner.Unknown("malformed-certificate", nil)
	case t.ShortHellos:
		return scanner.Unknown("short-hellos", nil)
	}
	return scanner.Unknown("not-known", nil)
}
