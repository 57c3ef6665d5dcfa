// SPDX-License-Identifier: Apache-2.0

// Package mailstarttls checks that every server that receives mail offers to
// encrypt it.
package mailstarttls

import (
	"carescan/checks/internal/named"
	"carescan/checks/internal/reception"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.mail-starttls", Revision: 3, Severity: scanner.High,
	References: []string{"EXP-MAIL-14"},
	Reads:      []string{fact.MailServerHosts},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge fails on a single address without STARTTLS (RFC 3207); passing needs the
// announcement of all that exist.
func judge(_ scanner.Case[struct{}], f fact.MailServers) scanner.Verdict {
	if v, settled := reception.Settled(f); settled {
		return v
	}
	var with, without, unbegun []string
	var silent named.Doubts
	for label, h := range reception.Hosts(f) {
		mail := h.Mail()
		switch {
		case mail.Reach == fact.Answered && mail.StartTLS == fact.Accepted && unproven(h):
			unbegun = append(unbegun, label)
		case mail.Reach == fact.Answered && mail.StartTLS == fact.Accepted:
			with = append(with, label)
		case mail.Reach == fact.Answered && mail.StartTLS == fact.Declined:
			without = append(without, label)
		default: // a closed port may be one that is blocked on the way
			reception.Silence(&silent, label, mail)
		}
	}
	if len(without) > 0 {
		return scanner.Failed("without", reception.Servers(without))
	}
	if silent.Any() {
		return reception.Silent(&silent)
	}
	if len(unbegun) > 0 {
		return reception.Doubt("not-begun", unbegun)
	}
	if v, unseen := reception.Unseen(f); unseen {
		return v
	}
	return scanner.Passed("offered", reception.Servers(with))
}

// unproven tells that encryption is announced and that no word of it came, as
// when the server refuses it for now, or to us.
func unproven(h reception.Host) bool { return len(h.Chain) == 0 && h.TLSError != "" }
