// SPDX-License-Identifier: Apache-2.0

// Package spfrecord checks that a domain says which servers may send its mail,
// and refuses the others.
package spfrecord

import (
	"strconv"

	"carescan/checks/internal/mailpolicy"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds. Revision 2 reads the whole tree, where
// revision 1 stopped at the record of the domain. Revision 3 ignores the share of
// a DMARC policy (pct), which RFC 9989 removed. Revision 4 tells every permanent
// error, and leaves look-ups in vain to the check that counts them.
var Check = scanner.Check{
	ID: "exposure.spf-record", Revision: 4, Severity: scanner.Medium,
	References: []string{"EXP-MAIL-03", "EXP-MAIL-05"},
	Reads:      []string{fact.MailUse, fact.MailSPF, fact.MailDMARC},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.MailPolicy) scanner.Verdict {
	if v, settled := mailpolicy.Settled(f); settled {
		return v
	}
	root, v, unread := mailpolicy.SPFRoot(f)
	if unread {
		return v
	}
	return judgeRecord(f, root)
}

// judgeRecord asks for exactly one record (RFC 7208 section 4.5), well formed. A
// permanent error elsewhere in the tree does not hide what the record ends with.
func judgeRecord(f fact.MailPolicy, root fact.SPFRecord) scanner.Verdict {
	switch {
	case root.Count == 0 && !f.Registrable:
		return scanner.Exempt("sub-name", nil)
	case root.Count == 0:
		return broken(f, "absent", nil)
	case root.Count > 1:
		return broken(f, "several", scanner.Values{"count": strconv.Itoa(root.Count)})
	case root.Fault != "":
		return broken(f, "invalid", scanner.Values{"term": root.Fault})
	}
	var faults []scanner.Verdict
	for _, fault := range f.SPF.Faults {
		if reason := permanent(fault.Kind); reason != "" {
			faults = append(faults, broken(f, reason, scanner.Values{"name": fault.Name, "term": fault.Term}))
		}
	}
	end := judgeEnd(f, scanner.Values{"record": root.Text, "name": f.SPF.EndAt})
	switch {
	case len(faults) == 0:
		return end
	case end.Outcome == scanner.Fail:
		faults = append(faults, end)
	}
	return scanner.Together(faults)
}

// permanent is the reason of a fault elsewhere in the tree that makes receivers
// give up on the whole (sections 4.6.4 and 5.2). Look-ups in vain have a check
// of their own.
func permanent(kind fact.SPFFaultKind) string {
	switch kind {
	case fact.SPFAbsent, fact.SPFSeveral, fact.SPFSyntax:
		return "broken-include"
	case fact.SPFLoop:
		return "loop"
	case fact.SPFLookups:
		return "too-many-lookups"
	case fact.SPFMXHosts:
		return "too-many-hosts"
	case fact.SPFVoids, fact.SPFNoAnswer:
	}
	return ""
}

// broken grades a domain without usable SPF: high when DMARC is absent too
// (EXP-MAIL-03).
func broken(f fact.MailPolicy, reason string, v scanner.Values) scanner.Verdict {
	if _, state := mailpolicy.Policy(f); state == mailpolicy.Absent {
		return scanner.FailedAs(scanner.High, reason, v)
	}
	return scanner.Failed(reason, v)
}

// judgeEnd looks at what happens to senders that nothing lists (EXP-MAIL-05).
func judgeEnd(f fact.MailPolicy, v scanner.Values) scanner.Verdict {
	switch {
	case f.SPF.EndUnknown:
		return scanner.Unknown("end-unknown", v)
	case f.SPF.End == "+":
		return scanner.FailedAs(scanner.High, "open", v)
	case f.SPF.End == "?":
		return scanner.Failed("neutral", v)
	case f.SPF.End == "":
		return scanner.Failed("unfinished", v)
	case f.SPF.End == "~":
		return judgeSoft(f, v)
	}
	return passed(f, "closed", v)
}

// judgeSoft accepts a mild end when an enforced DMARC policy decides anyway.
func judgeSoft(f fact.MailPolicy, v scanner.Values) scanner.Verdict {
	_, state := mailpolicy.Policy(f)
	switch {
	case mailpolicy.Enforced(f):
		return passed(f, "soft-enforced", v)
	case state == mailpolicy.Unknown:
		return scanner.Unknown("soft-unknown", v)
	}
	return scanner.FailedAs(scanner.Low, "soft", v)
}

// passed passes when no branch of the tree is left unknown: one that did not
// answer may hide a permanent error.
func passed(f fact.MailPolicy, reason string, v scanner.Values) scanner.Verdict {
	// What is left of a permanent error is too many look-ups in vain, which
	// exposure.spf-lookups tells.
	if f.SPF.Result != fact.SPFUsable && f.SPF.Result != fact.SPFPermError || f.SPF.Open {
		return scanner.Unknown("incomplete", v)
	}
	return scanner.Passed(reason, v)
}
