// SPDX-License-Identifier: Apache-2.0

// Package tlsciphermode checks that a service encrypts and authenticates in
// one operation (AEAD).
package tlsciphermode

import (
	"strings"

	"carescan/checks/internal/contact"
	"carescan/checks/internal/offered"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.tls-cipher-mode", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-TLS-06"},
	Reads:      []string{fact.TLSModes},
	Judge:      scanner.Each(Params{CBCToo: scanner.Low}, judge),
}

// Params choose between guides of TLS.
type Params struct {
	// CBCToo is the severity of CBC suites beside AEAD ones. Source: ANSSI SDE-NT-35
	// R10-, Mozilla intermediate, which has none.
	CBCToo scanner.Severity `json:"cbc_too"`
}

// judge tolerates CBC beside AEAD as the lesser fault, since ANSSI keeps it with
// encrypt-then-MAC (R10-), and refuses a truncated tag (CCM-8, R10).
func judge(c scanner.Case[Params], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	short, cbc, aead := offered.To(t, fact.OfferCCM8), offered.To(t, fact.OfferCBC), offered.To(t, fact.OfferAEAD)
	modern := len(aead.Accepted) > 0 || t.Versions["1.3"] == fact.Accepted
	var faults []scanner.Verdict
	if len(short.Accepted) > 0 {
		faults = append(faults, scanner.Failed("ccm8", nil))
	}
	switch {
	case len(cbc.Accepted) > 0 && !modern && len(aead.Unknown) == 0:
		faults = append(faults, scanner.Failed("cbc-only", known(t)))
	case len(cbc.Accepted) > 0:
		faults = append(faults, cbcToo(c.Params, t))
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case len(short.Unknown)+len(cbc.Unknown) > 0, !modern && len(aead.Unknown) > 0:
		return scanner.Unknown("not-known", nil)
	case !modern:
		return scanner.Failed("no-aead", nil)
	}
	return scanner.Passed("aead", nil)
}

// cbcToo tells apart the servers that would at least choose better (R13).
func cbcToo(p Params, t fact.TLS) scanner.Verdict {
	if t.ServerOrder == fact.Declined {
		return scanner.FailedAs(p.CBCToo, "cbc-client-order", known(t))
	}
	return scanner.FailedAs(p.CBCToo, "cbc-too", known(t))
}

// known tells how CBC is authenticated, and by which names its attacks are known:
// most clients do not offer encrypt-then-MAC, so it takes no name away.
func known(t fact.TLS) scanner.Values {
	attacks, mac := []string{"LUCKY13"}, scanner.Text{FR: "non établie", EN: "not known"}
	if t.Versions["1.0"] == fact.Accepted || t.Versions["SSL 3.0"] == fact.Accepted {
		attacks = append(attacks, "BEAST")
	}
	if t.Versions["SSL 3.0"] == fact.Accepted {
		attacks = append(attacks, "POODLE")
	}
	switch t.Offers[fact.OfferEncryptMAC] {
	case fact.Accepted:
		mac = scanner.Text{FR: "encrypt-then-MAC", EN: "encrypt-then-MAC"}
	case fact.Declined:
		mac = scanner.Text{FR: "MAC-then-encrypt", EN: "MAC-then-encrypt"}
	case fact.OfferUnknown:
	}
	return scanner.Values{"attacks": strings.Join(attacks, ", "), "mac_fr": mac.FR, "mac_en": mac.EN}
}
