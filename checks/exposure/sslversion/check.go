// SPDX-License-Identifier: Apache-2.0

// Package sslversion checks that a service refuses SSL, the
// ancestor of TLS.
package sslversion

import (
	"strings"

	"carescan/checks/internal/contact"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.ssl-version", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-TLS-01"},
	Reads:      []string{fact.TLSOfSSL},
	Judge:      scanner.Each(struct{}{}, judge),
}

// named adds to a version the attack that broke it.
func named(version string) string {
	if version == "SSL 2.0" {
		return version + " (DROWN)"
	}
	return version + " (POODLE)"
}

func judge(_ scanner.Case[struct{}], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	var accepted, unknown []string
	for _, version := range []string{"SSL 2.0", "SSL 3.0"} {
		switch t.Versions[version] {
		case fact.Accepted:
			accepted = append(accepted, named(version))
		case fact.Declined:
		case fact.OfferUnknown, "": // an offer that was not made is not known either
			unknown = append(unknown, version)
		}
	}
	switch {
	case len(accepted) > 0:
		return scanner.Failed("accepted", scanner.Values{"accepted": strings.Join(accepted, ", ")})
	case len(unknown) > 0:
		return scanner.Unknown("not-known", scanner.Values{"unknown": strings.Join(unknown, ", ")})
	}
	return scanner.Passed("refused", nil)
}
