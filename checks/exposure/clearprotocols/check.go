// SPDX-License-Identifier: Apache-2.0

// Package clearprotocols checks that no login crosses the internet in
// clear.
package clearprotocols

import (
	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.clear-protocols", Revision: 3, Severity: scanner.High,
	References: []string{"EXP-SVC-03"},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], s fact.HostServices) scanner.Verdict {
	if v, settled := exposed.Settled(s); settled {
		return v
	}
	look := exposed.Of(s, fact.GroupClearLogin)
	clear := exposed.Where(look.Identified, isClear)
	required := exposed.Where(look.Identified, func(p fact.Port) bool { return !isClear(p) && requiresTLS(p) })
	offered := exposed.Where(look.Identified, func(p fact.Port) bool { return !isClear(p) && !requiresTLS(p) && offersTLS(p) })
	v, found := look.Faults(scanner.Low, exposed.Failing(clear, "", "clear"),
		exposed.Failing(required, scanner.Low, "tls-required"), exposed.Failing(offered, scanner.Low, "tls-offered"))
	switch {
	case found:
		return v
	case len(look.Identified) > 0:
		return scanner.Unknown("login-unknown", exposed.Values(look.Identified))
	}
	return look.Rest(scanner.Low)
}

// isClear tells whether a login is taken before any encryption. Telnet knows no
// other way.
func isClear(p fact.Port) bool {
	return p.Protocol == "telnet" && !p.TLS || p.ClearLogin == fact.Accepted
}

// offersTLS is true when TLS is offered before the login. Whether it is required
// would take a login to know; either way, the service is exposed.
func offersTLS(p fact.Port) bool { return p.ClearLogin == fact.OfferUnknown }

func requiresTLS(p fact.Port) bool { return p.TLS || p.ClearLogin == fact.Declined }
