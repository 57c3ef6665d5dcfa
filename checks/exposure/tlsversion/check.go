// SPDX-License-Identifier: Apache-2.0

// Package tlsversion checks that a service offers the present versions of TLS
// and none of the old ones.
package tlsversion

import (
	"slices"
	"strings"

	"carescan/checks/internal/contact"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.tls-version", Revision: 3, Severity: scanner.Medium,
	References: []string{"EXP-TLS-02", "EXP-TLS-03"},
	Reads:      []string{fact.TLSOfTLS},
	Judge:      scanner.Each(Params{WithoutTLS13: scanner.Low}, judge),
}

// Params choose between guides of TLS.
type Params struct {
	// WithoutTLS13 is the severity of a service that stops at TLS 1.2; empty when
	// the guide accepts it. Source: ANSSI SDE-NT-35 R3; NCSC-NL 2025-05 3.3.1.
	WithoutTLS13 scanner.Severity `json:"without_tls13"`
}

func judge(c scanner.Case[Params], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	accepted, unknown := offers(t, fact.Accepted), offersUnknown(t)
	values := scanner.Values{"accepted": strings.Join(accepted, ", "), "unknown": strings.Join(unknown, ", ")}
	old := slices.Contains(accepted, "1.0") || slices.Contains(accepted, "1.1")
	var faults []scanner.Verdict
	switch {
	case old && t.Offers[fact.OfferFallback] == fact.Declined:
		faults = append(faults, scanner.Failed("old-unguarded", values))
	case old:
		faults = append(faults, scanner.Failed("old-accepted", values))
	}
	switch {
	case t.Versions["1.2"] == fact.Declined && t.Versions["1.3"] == fact.Declined:
		faults = append(faults, scanner.FailedAs(scanner.High, "no-modern", values))
	case t.Versions["1.3"] == fact.Declined && c.Params.WithoutTLS13 != "":
		faults = append(faults, scanner.FailedAs(c.Params.WithoutTLS13, "no-tls13", values))
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case len(unknown) > 0:
		return scanner.Unknown("not-all-known", values)
	}
	if t.Versions["1.3"] == fact.Declined {
		return scanner.Passed("without-tls13", values)
	}
	return scanner.Passed("modern", values)
}

// needed are the versions a pass must know about; with 1.3 accepted and the old
// ones refused, 1.2 may be either way.
func needed() []string { return []string{"1.0", "1.1", "1.3"} }

func offers(t fact.TLS, answer fact.Offer) []string {
	return slices.DeleteFunc([]string{"1.0", "1.1", "1.2", "1.3"}, func(version string) bool {
		return t.Versions[version] != answer
	})
}

func offersUnknown(t fact.TLS) []string {
	return slices.DeleteFunc(needed(), func(version string) bool {
		return t.Versions[version] == fact.Accepted || t.Versions[version] == fact.Declined
	})
}
