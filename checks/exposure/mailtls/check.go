// SPDX-License-Identifier: Apache-2.0

// Package mailtls checks that the servers that receive mail encrypt it with a
// current version of TLS, under a certificate that can be verified.
package mailtls

import (
	"slices"

	"carescan/checks/internal/named"
	"carescan/checks/internal/reception"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.mail-tls", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-MAIL-15"},
	Reads:      []string{fact.MailServerHosts},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge says what is wrong of all that the addresses show.
func judge(c scanner.Case[struct{}], f fact.MailServers) scanner.Verdict {
	if v, settled := reception.Settled(f); settled {
		return v
	}
	found := map[string][]string{}
	var silent named.Doubts
	for label, h := range reception.Hosts(f) {
		if mail := h.Mail(); mail.Reach != fact.Answered {
			reception.Silence(&silent, label, mail)
			continue
		}
		for _, reason := range findings(c, f, h) {
			found[reason] = append(found[reason], label)
		}
	}
	var faults []scanner.Verdict
	for _, reason := range []string{"only-old", "bad-certificate"} {
		if len(found[reason]) > 0 {
			faults = append(faults, scanner.Failed(reason, reception.Servers(found[reason])))
		}
	}
	for _, reason := range []string{"old-versions", "unverifiable"} {
		if len(found[reason]) > 0 {
			faults = append(faults, scanner.FailedAs(scanner.Low, reason, reception.Servers(found[reason])))
		}
	}
	if len(faults) > 0 {
		return scanner.Together(faults)
	}
	if silent.Any() {
		return reception.Silent(&silent)
	}
	return reassured(f, found)
}

// reassured concludes when nothing wrong was seen.
func reassured(f fact.MailServers, found map[string][]string) scanner.Verdict {
	for _, reason := range []string{"versions-unknown", "trust-unknown"} {
		if len(found[reason]) > 0 {
			return reception.Doubt(reason, found[reason])
		}
	}
	if v, met := reception.AsClient(f); met && len(found["current"]) > 0 {
		return v
	}
	if v, unseen := reception.Unseen(f); unseen {
		return v
	}
	if len(found["in-clear"]) > 0 {
		return scanner.Exempt("in-clear", reception.Servers(found["in-clear"]))
	}
	return scanner.Passed("encrypted", reception.Servers(found["encrypted"]))
}

// findings are the reasons that an address gives, once its port has answered.
func findings(c scanner.Case[struct{}], f fact.MailServers, h reception.Host) []string {
	if h.Mail().StartTLS == fact.Declined { // exposure.mail-starttls says so
		return []string{"in-clear"}
	}
	old := versions(h.Versions)
	if h.Server.Meeting == scanner.MetAsClient && isCurrent(h.Versions) {
		old = []string{"current"} // one handshake was made: older versions were not offered
	}
	reasons := slices.Concat(old, certificate(c, f, h))
	if len(reasons) == 0 {
		return []string{"encrypted"}
	}
	return reasons
}

// versions obeys ANSSI TLS R4: TLS 1.2 and 1.3 only.
func versions(offers map[string]fact.Offer) []string {
	current := isCurrent(offers)
	old := offers["1.1"] == fact.Accepted || offers["1.0"] == fact.Accepted
	known := func(names ...string) bool {
		for _, n := range names {
			if offers[n] != fact.Accepted && offers[n] != fact.Declined {
				return false
			}
		}
		return true
	}
	switch {
	case old && !current && known("1.3", "1.2"):
		return []string{"only-old"}
	case old:
		return []string{"old-versions"}
	case !current || !known("1.1", "1.0"):
		return []string{"versions-unknown"}
	}
	return nil
}

func isCurrent(offers map[string]fact.Offer) bool {
	return offers["1.3"] == fact.Accepted || offers["1.2"] == fact.Accepted
}
