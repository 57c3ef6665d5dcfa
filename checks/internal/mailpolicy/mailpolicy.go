// SPDX-License-Identifier: Apache-2.0

// Package mailpolicy reads the mail policy of a domain for the checks on the
// protection of mail: does it use mail, and which DMARC policy applies to it.
package mailpolicy

import (
	"maps"
	"slices"

	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// State says what the search for a DMARC policy came to.
type State string

// The ends of the search.
const (
	Applies  State = "applies"
	Absent   State = "absent"  // proven: every name asked has none
	Several  State = "several" // one name holds more than one record
	Unusable State = "unusable"
	Unknown  State = "unknown" // a name of the walk gave no answer
)

// The policies, from the weakest.
const (
	None       = "none"
	Quarantine = "quarantine"
	Reject     = "reject"
)

// Rank orders policies from the weakest.
func Rank(policy string) int { return slices.Index([]string{None, Quarantine, Reject}, policy) }

// Settled returns the verdict on a domain that does not exist or uses no mail
// (exposure-checks.md section 1.4), or of which neither is known, and whether
// there is one.
func Settled(f fact.MailPolicy) (scanner.Verdict, bool) {
	switch {
	case f.Answer == fact.NXDomain || f.MX.Answer == fact.NXDomain:
		return named.Absent(), true
	case f.MX.Null || f.MX.Answer.Absent():
		return scanner.Exempt("no-mail", nil), true
	case f.MX.Answer != fact.Present:
		return Unanswered("no-answer", nil, f.MX.Cause.At("MX "+f.Name)), true
	}
	return scanner.Verdict{}, false
}

// Unanswered is inconclusive for want of an answer. Its message ends by why, when the
// fact tells: a fact sealed before causes were kept does not.
func Unanswered(reason string, v scanner.Values, causes ...scanner.Cause) scanner.Verdict {
	known := scanner.Causes(slices.DeleteFunc(causes, func(c scanner.Cause) bool { return c.Code == "" })).Merge()
	values := scanner.Values{"why_fr": "", "why_en": ""}
	maps.Copy(values, v)
	if len(known) > 0 {
		why := known.Text()
		values["cause"], values["why_fr"], values["why_en"] = known.Codes(), " — "+why.FR, " — "+why.EN
	}
	return scanner.Unknown(reason, values)
}

// SPFRoot is the set of records at the domain itself, and the verdict when it could
// not be read.
func SPFRoot(f fact.MailPolicy) (root fact.SPFRecord, v scanner.Verdict, settled bool) {
	if len(f.SPF.Records) > 0 {
		root = f.SPF.Records[0]
	}
	if root.Answer == fact.Present || root.Answer.Absent() {
		return root, scanner.Verdict{}, false
	}
	return root, Unanswered("no-answer", nil, root.Cause.At("TXT "+f.Name)), true
}

// PolicyUnknown is the verdict on a policy that an answer is missing to find.
func PolicyUnknown(f fact.MailPolicy) scanner.Verdict {
	var causes scanner.Causes
	for _, step := range f.DMARC.Walk {
		causes = append(causes, step.Cause.At("TXT _dmarc."+step.Domain))
	}
	return Unanswered("dmarc-unknown", nil, causes...)
}

// Policy is the DMARC record that applies and how the search ended. Several records
// at one name are none, and the walk goes on above (RFC 9989 section 4.10).
func Policy(f fact.MailPolicy) (fact.DMARCRecord, State) {
	if len(f.DMARC.Walk) == 0 {
		return fact.DMARCRecord{}, Unknown
	}
	if own := f.DMARC.Walk[0]; own.Record != nil && own.Record.Unusable {
		return fact.DMARCRecord{}, Unusable
	}
	for _, step := range f.DMARC.Walk {
		if step.Record != nil && step.Domain == f.DMARC.PolicyDomain {
			return *step.Record, Applies
		}
	}
	if f.Registrable && SeveralOwn(f) { // above is a public suffix, which has hardly ever a record
		return fact.DMARCRecord{}, Several
	}
	return fact.DMARCRecord{}, without(f.DMARC.Walk)
}

// SeveralOwn tells whether the domain itself has more than one record, which
// receivers ignore.
func SeveralOwn(f fact.MailPolicy) bool { return len(f.DMARC.Walk) > 0 && f.DMARC.Walk[0].Count > 1 }

// without says why no record applies.
func without(walk []fact.DMARCStep) State {
	found := func(holds func(fact.DMARCStep) bool) bool { return slices.ContainsFunc(walk, holds) }
	switch {
	case found(func(s fact.DMARCStep) bool { return s.Answer != fact.Present && !s.Answer.Absent() }):
		return Unknown
	case found(func(s fact.DMARCStep) bool { return s.Count > 1 }):
		return Several
	case found(func(s fact.DMARCStep) bool { return s.Record != nil && s.Record.Unusable }):
		return Unusable
	}
	return Absent
}

// SeveralAt names the domain with more than one record.
func SeveralAt(f fact.MailPolicy) string {
	for _, step := range f.DMARC.Walk {
		if step.Count > 1 {
			return step.Domain
		}
	}
	return ""
}

// Inherited tells whether the policy that applies is that of a domain above.
func Inherited(f fact.MailPolicy) bool {
	return f.DMARC.PolicyDomain != "" && f.DMARC.PolicyDomain != f.Name
}

// Action is what is really asked about forged messages: the test mode lowers a
// policy by one level (RFC 9989 section 4.7).
func Action(f fact.MailPolicy, record fact.DMARCRecord) string {
	if !record.Test {
		return f.DMARC.Effective
	}
	if f.DMARC.Effective == Reject {
		return Quarantine
	}
	return None
}

// Enforced tells whether forged mail is really set aside. The share of RFC 7489
// (pct) has no effect any more (RFC 9989 appendix A.6).
func Enforced(f fact.MailPolicy) bool {
	record, state := Policy(f)
	return state == Applies && Rank(Action(f, record)) > Rank(None)
}

// Own is the DMARC record that the domain itself publishes, for the checks that
// look into it. Without one there is a verdict: nobody knows, no policy applies, or
// the record is that of the organisation above, which is judged there.
func Own(f fact.MailPolicy) (record fact.DMARCRecord, v scanner.Verdict, settled bool) {
	if v, settled := Settled(f); settled {
		return record, v, true
	}
	record, state := Policy(f)
	switch {
	case state == Unknown:
		return record, PolicyUnknown(f), true
	case state != Applies:
		return record, scanner.Exempt("no-policy", nil), true
	case Inherited(f):
		return record, scanner.Exempt("covered", scanner.Values{"name": f.DMARC.PolicyDomain}), true
	}
	return record, scanner.Verdict{}, false
}
