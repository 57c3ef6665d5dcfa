// SPDX-License-Identifier: Apache-2.0

// Package dane checks that the certificate records of the mail servers, when
// there are some, are signed, match, and will survive the next renewal.
package dane

import (
	"carescan/checks/internal/reception"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds. Revision 2 does not praise the absence of
// an option, revision 3 leaves out servers that do not exist, revision 4 tells a
// provider that nobody declared as such, revision 5 tells every fault.
var Check = scanner.Check{
	ID: "exposure.dane", Revision: 5, Severity: scanner.High,
	References: []string{"EXP-MAIL-18"},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge says every fault that the servers show. A server without records is no
// fault, and no merit: DANE is a choice.
func judge(_ scanner.Case[struct{}], f fact.MailServers) scanner.Verdict {
	if v, settled := reception.Settled(f); settled {
		return v
	}
	var faults []scanner.Verdict
	if f.MXSecurity == fact.Bogus { // RFC 7672 section 2.2.1
		faults = append(faults, scanner.Failed("bogus-domain", nil))
	}
	found := map[string][]string{}
	for _, s := range f.Servers {
		if s.Reach == fact.NoAddress { // exposure.mx-targets tells it
			continue
		}
		for _, reason := range findings(s) {
			found[reason] = append(found[reason], s.Name)
		}
	}
	for _, reason := range []string{"bogus", "mismatch"} {
		if len(found[reason]) > 0 {
			faults = append(faults, scanner.Failed(reason, reception.Servers(found[reason])))
		}
	}
	for _, reason := range []string{"unsigned", "wrong-usage", "no-rollover"} {
		if len(found[reason]) > 0 {
			faults = append(faults, scanner.FailedAs(scanner.Low, reason, reception.Servers(found[reason])))
		}
	}
	if len(faults) > 0 {
		return scanner.Together(faults)
	}
	return reassured(f, found)
}

// reassured concludes when nothing wrong was seen.
func reassured(f fact.MailServers, found map[string][]string) scanner.Verdict {
	for _, reason := range []string{"records-unknown", "signatures-unknown", "match-unknown"} {
		if len(found[reason]) > 0 {
			return reception.Doubt(reason, found[reason])
		}
	}
	if v, undeclared := reception.Undeclared(f); undeclared && len(found["not-met"]) > 0 {
		return v
	}
	switch {
	case f.LeftOut > 0 || len(f.Servers) == 0:
		return scanner.Unknown("left-out", nil)
	case len(found) == 0:
		return scanner.Exempt("no-server", nil)
	case len(found["published"]) == 0:
		return scanner.Exempt("absent", nil)
	case len(found["absent"]) > 0:
		return scanner.Passed("some-published", scanner.Values{
			"servers": reception.List(found["published"]), "without": reception.List(found["absent"]),
		})
	}
	return scanner.Passed("published", reception.Servers(found["published"]))
}

// findings are the reasons that a server gives.
func findings(s fact.MailServer) []string {
	switch {
	case s.TLSA.Security == fact.Bogus:
		return []string{"bogus"}
	case s.TLSA.Answer.Absent():
		return []string{"absent"}
	case s.TLSA.Answer != fact.Present:
		return []string{"records-unknown"}
	case s.TLSA.Security == fact.Insecure: // senders ignore it (RFC 7672 section 2.2)
		return []string{"unsigned"}
	case s.TLSA.Security != fact.Secure:
		return []string{"signatures-unknown"}
	}
	if reasons := published(s); len(reasons) > 0 {
		return reasons
	}
	return []string{"published"}
}

// published judges records that senders believe. Usages 0 and 1 mean nothing
// between mail servers (RFC 7672 section 3.1.3), and a single record breaks the
// mail at the next change of key (RFC 7671 section 8).
func published(s fact.MailServer) (reasons []string) {
	var usable []int
	for i, r := range s.TLSA.Records {
		if r.Usage == 2 || r.Usage == 3 {
			usable = append(usable, i)
		}
	}
	if len(usable) > 0 {
		if reason := matching(s, usable); reason != "" {
			reasons = append(reasons, reason)
		}
	}
	if len(usable) < len(s.TLSA.Records) {
		reasons = append(reasons, "wrong-usage")
	}
	if len(usable) == 1 || len(s.TLSA.Records) == 0 {
		reasons = append(reasons, "no-rollover")
	}
	return reasons
}

// matching is what keeps the records from vouching for every address; empty when
// nothing does.
func matching(s fact.MailServer, usable []int) string {
	reason := ""
	switch {
	case s.Provider != "":
		reason = "not-met"
	case len(s.Hosts) == 0 || s.LeftOut > 0:
		reason = "match-unknown"
	}
	for _, h := range s.Hosts {
		if len(h.TLSA) == 0 {
			reason = "match-unknown"
		} else if !matched(h.TLSA, usable) {
			return "mismatch"
		}
	}
	return reason
}

func matched(records []bool, usable []int) bool {
	for _, i := range usable {
		if i < len(records) && records[i] {
			return true
		}
	}
	return false
}
