// SPDX-License-Identifier: Apache-2.0

// Package certificatechain checks that the chain of a certificate leads to a
// recognised authority, whole and in order.
package certificatechain

import (
	"time"

	"carescan/checks/internal/contact"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.certificate-chain", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-TLS-15"},
	Reads:      []string{fact.TLSCertificate},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Certificate(t); settled {
		return v
	}
	issuer := scanner.Values{"issuer": t.Chain[0].Issuer}
	switch t.Trust {
	case fact.SelfSigned:
		return scanner.Failed("self-signed", issuer)
	case fact.Untrusted:
		return broken(t)
	case fact.Trusted, fact.PrivatelyTrusted:
		if link, found := outOfDate(t); found {
			stale := scanner.Failed("out-of-date", scanner.Values{
				"subject": link.Subject, "from": link.NotBefore.UTC().Format(time.DateOnly), "until": link.NotAfter.UTC().Format(time.DateOnly),
			})
			if v := order(t); v.Outcome == scanner.Fail {
				return scanner.Together([]scanner.Verdict{stale, v})
			}
			return stale
		}
		return order(t)
	}
	return scanner.Unknown("trust-unknown", nil)
}

// broken tells a chain that lacks a link from one that nobody vouches for.
func broken(t fact.TLS) scanner.Verdict {
	if t.Shape != nil && t.Shape.OpenFetchable {
		return scanner.FailedAs(scanner.Medium, "incomplete", scanner.Values{"issuer": t.Shape.Open})
	}
	return scanner.Failed("untrusted", scanner.Values{"issuer": t.Chain[0].Issuer})
}

// outOfDate is the link above the leaf that no path holds without, and that clients
// refuse as they refuse a leaf (RFC 5280 section 6.1.3, step a.2).
func outOfDate(t fact.TLS) (fact.Certificate, bool) {
	if t.Shape == nil || t.Shape.OutOfDate <= 0 || t.Shape.OutOfDate >= len(t.Chain) {
		return fact.Certificate{}, false
	}
	return t.Chain[t.Shape.OutOfDate], true
}

func order(t fact.TLS) scanner.Verdict {
	switch {
	case t.Shape == nil:
		return scanner.Unknown("order-unknown", nil)
	case t.Shape.Open != "" && t.Shape.OpenFetchable && len(t.Chain) == 1:
		return scanner.FailedAs(scanner.Medium, "incomplete", scanner.Values{"issuer": t.Shape.Open})
	case !t.Shape.Ordered || t.Shape.Surplus > 0:
		return scanner.FailedAs(scanner.Low, "disordered", nil)
	}
	return scanner.Passed("whole", scanner.Values{"issuer": t.Chain[0].Issuer})
}
