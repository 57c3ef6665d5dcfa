// SPDX-License-Identifier: Apache-2.0

// Package healthprotocols checks that no imaging or exchange service
// accepts strangers.
package healthprotocols

import (
	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.health-protocols", Revision: 3, Severity: scanner.Critical,
	References: []string{"EXP-SVC-11"},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge follows EXP-SVC-11: an association accepted is critical; a port open on
// something that could not be confirmed is high. A DICOM service that refuses is
// no better: it refused a name, and a name is no authentication.
func judge(_ scanner.Case[struct{}], s fact.HostServices) scanner.Verdict {
	if v, settled := exposed.Settled(s); settled {
		return v
	}
	look := exposed.Of(s, fact.GroupHealth)
	accepted := exposed.Where(look.Identified, func(p fact.Port) bool { return p.Login == fact.LoginNone })
	refused := exposed.Where(look.Identified, func(p fact.Port) bool { return p.Login != fact.LoginNone && p.Protocol == "dicom" })
	pages := exposed.Where(look.Identified, func(p fact.Port) bool { return p.Login == fact.LoginUnknown && p.Protocol != "dicom" })
	v, found := look.Faults(scanner.High, exposed.Failing(accepted, "", "accepted"),
		exposed.Failing(refused, scanner.High, "refused"), exposed.Failing(pages, scanner.High, "page"))
	switch {
	case found:
		return v
	case len(look.Identified) > 0 && len(look.Unasked) == 0:
		return scanner.Passed("authenticated", exposed.Values(look.Identified))
	}
	return look.Rest(scanner.High)
}
