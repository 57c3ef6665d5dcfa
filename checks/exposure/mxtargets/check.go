// SPDX-License-Identifier: Apache-2.0

// Package mxtargets checks that the servers a domain names for its mail exist,
// under their own name.
package mxtargets

import (
	"strconv"
	"strings"

	"carescan/checks/internal/mailpolicy"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds. Revision 3 knows a null MX beside another,
// where revision 2 spoke of a server without a name. Revision 4 tells every fault.
var Check = scanner.Check{
	ID: "exposure.mx-targets", Revision: 4, Severity: scanner.High,
	References: []string{"EXP-MAIL-01"},
	Reads:      []string{fact.MailUse, fact.MailTargets},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.MailPolicy) scanner.Verdict {
	if v, settled := mailpolicy.Settled(f); settled {
		return v
	}
	var faults, doubts []scanner.Verdict
	for _, target := range f.MX.Targets {
		faults = append(faults, faultsOf(target)...)
		if target.Address != fact.Present {
			doubts = append(doubts, mailpolicy.Unanswered("target-unknown", scanner.Values{"host": target.Host}, target.Cause))
		}
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case len(doubts) > 0:
		return scanner.Together(doubts)
	}
	if f.MX.More > 0 {
		return scanner.Unknown("too-many", scanner.Values{"more": strconv.Itoa(f.MX.More)})
	}
	return scanner.Passed("sound", scanner.Values{"hosts": hosts(f.MX.Targets)})
}

// faultsOf are the faults of one target. A domain that says it accepts no mail must
// say nothing else (RFC 7505 section 3); a name must stand there, never an address
// (RFC 5321 section 5.1), and be the canonical one (RFC 2181 section 10.3).
func faultsOf(t fact.MailTarget) (faults []scanner.Verdict) {
	values := scanner.Values{"host": t.Host}
	switch {
	case t.Host == "":
		return []scanner.Verdict{scanner.Failed("null-beside", nil)}
	case t.Literal:
		return []scanner.Verdict{scanner.Failed("literal", values)}
	case t.Address.Absent():
		faults = append(faults, scanner.Failed("missing", values))
	}
	if t.Alias {
		faults = append(faults, scanner.FailedAs(scanner.Low, "alias", values))
	}
	return faults
}

func hosts(targets []fact.MailTarget) string {
	var names []string
	for _, t := range targets {
		names = append(names, t.Host)
	}
	return strings.Join(names, ", ")
}
