// SPDX-License-Identifier: Apache-2.0

// Package tlsrenegotiation checks that a service neither compresses nor lets a
// stranger renegotiate.
package tlsrenegotiation

import (
	"carescan/checks/internal/contact"
	"carescan/checks/internal/offered"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.tls-renegotiation", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-TLS-09"},
	Reads:      []string{fact.TLSHabits, fact.TLSBeginAgain},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	compression, secure, client := offered.To(t, fact.OfferCompression), offered.To(t, fact.OfferRenegotiation), offered.To(t, fact.OfferClientRenego)
	var faults []scanner.Verdict
	if len(compression.Accepted) > 0 {
		faults = append(faults, scanner.Failed("compression", nil))
	}
	if t.Offers[fact.OfferRenegotiation] == fact.Declined {
		faults = append(faults, scanner.Failed("insecure", nil))
	}
	if len(client.Accepted) > 0 {
		faults = append(faults, scanner.FailedAs(scanner.Low, "client", nil))
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case len(compression.Unknown)+len(secure.Unknown)+len(client.Unknown) > 0:
		return scanner.Unknown("not-known", nil)
	case !secure.Object && t.Versions["1.3"] == fact.Accepted:
		return scanner.Exempt("tls13-only", nil)
	case !compression.Object || !secure.Object || !client.Object:
		return scanner.Unknown("not-known", nil)
	}
	return scanner.Passed("safe", nil)
}
