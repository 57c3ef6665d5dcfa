// SPDX-License-Identifier: Apache-2.0

// Package tlsforwardsecrecy checks that past exchanges stay secret when the
// key of a service is stolen.
package tlsforwardsecrecy

import (
	"strconv"
	"strings"
	"time"

	"carescan/checks/internal/contact"
	"carescan/checks/internal/offered"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.tls-forward-secrecy", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-TLS-05"},
	Reads:      []string{fact.TLSSecrecy},
	Judge:      scanner.Each(Params{TicketHours: 24}, judge),
}

// Params says above which life, in hours, tickets are mentioned. Source: ANSSI
// SDE-NT-35 R20.
type Params struct {
	TicketHours int `json:"ticket_hours"`
}

func judge(c scanner.Case[Params], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	answers := offered.To(t, fact.OfferStaticKey)
	switch {
	case len(answers.Accepted) > 0 && onlyStatic(t):
		return scanner.FailedAs(scanner.High, "only-static", nil)
	case len(answers.Accepted) > 0:
		return scanner.Failed("static", nil)
	case len(answers.Unknown) > 0:
		return scanner.Unknown("not-known", nil)
	case t.TicketLife > time.Duration(c.Params.TicketHours)*time.Hour:
		// What was exchanged lasts as long as the key of the tickets.
		return scanner.Passed("ephemeral-long-tickets", scanner.Values{"hours": strconv.Itoa(int(t.TicketLife.Hours()))})
	}
	return scanner.Passed("ephemeral", nil)
}

// onlyStatic tells whether the service refuses every suite with forward secrecy. A look
// that did not offer them together tells it by its lists, when they are whole: in TLS 1.3
// no suite lacks it, and elsewhere an ephemeral exchange is in the name of the suite.
func onlyStatic(t fact.TLS) bool {
	switch t.Offers[fact.OfferEphemeral] {
	case fact.Declined:
		return true
	case fact.Accepted:
		return false
	case fact.OfferUnknown:
	}
	seen := false
	for unknown := range t.Why {
		if unknown == "look" || strings.HasPrefix(unknown, "suites ") {
			return false
		}
	}
	for version, suites := range t.Suites {
		for _, suite := range suites {
			seen = true
			if version == "1.3" || strings.Contains(suite, "DHE_") {
				return false
			}
		}
	}
	return seen
}
