// SPDX-License-Identifier: Apache-2.0

// Package spfincludes checks that every record the SPF of a domain leads to
// exists and is valid.
package spfincludes

import (
	"strconv"

	"carescan/checks/internal/mailpolicy"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.spf-includes", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-MAIL-07"},
	Reads:      []string{fact.MailUse, fact.MailSPF},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.MailPolicy) scanner.Verdict {
	if v, settled := mailpolicy.Settled(f); settled {
		return v
	}
	root, v, unread := mailpolicy.SPFRoot(f)
	switch {
	case unread:
		return v
	case root.Count != 1 || root.Fault != "":
		return scanner.Exempt("no-record", nil)
	}
	return judgeTree(f)
}

// readRecords is how many records of a tree are read: there may be more.
const readRecords = 40

// judgeTree looks for proven faults first (RFC 7208 section 5.2).
func judgeTree(f fact.MailPolicy) scanner.Verdict {
	var faults []scanner.Verdict
	for _, fault := range f.SPF.Faults {
		if reason := branchFault(fault.Kind); reason != "" {
			faults = append(faults, scanner.Failed(reason, scanner.Values{"name": fault.Name, "term": fault.Term}))
		}
	}
	if len(faults) > 0 {
		return scanner.Together(faults)
	}
	included := f.SPF.Records[1:]
	for _, record := range included {
		if record.Answer != fact.Present && !record.Answer.Absent() {
			return mailpolicy.Unanswered("include-unknown", scanner.Values{"name": record.Name}, record.Cause)
		}
	}
	if len(f.SPF.Records) >= readRecords {
		return mailpolicy.Unanswered("include-unknown", scanner.Values{"name": f.Name})
	}
	if name, found := variable(f.SPF); found {
		return scanner.Passed("sound-but-variable", scanner.Values{"name": name})
	}
	return scanner.Passed("sound", scanner.Values{"count": strconv.Itoa(len(included))})
}

func branchFault(kind fact.SPFFaultKind) string {
	switch kind {
	case fact.SPFAbsent:
		return "missing"
	case fact.SPFSeveral:
		return "several"
	case fact.SPFSyntax:
		return "invalid"
	case fact.SPFLoop:
		return "loop"
	case fact.SPFLookups, fact.SPFVoids, fact.SPFMXHosts, fact.SPFNoAnswer:
	}
	return ""
}

// variable names a record with a branch that depends on the message and could
// not be read.
func variable(s fact.SPF) (name string, found bool) {
	for _, record := range s.Records {
		for _, term := range record.Terms {
			if term.Macro && (term.Kind == "include" || term.Kind == "redirect") {
				return record.Name, true
			}
		}
	}
	return "", false
}
