// SPDX-License-Identifier: Apache-2.0

// Package dmarcsubdomains checks that the DMARC policy of a domain holds for all
// its mail, sub-domains included.
package dmarcsubdomains

import (
	"strconv"
	"strings"

	"carescan/checks/internal/mailpolicy"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds. Revision 3 follows RFC 9989: the share of
// messages (pct) has no effect, nor has the test mode of a policy "none". Revision 4
// tells every fault.
var Check = scanner.Check{
	ID: "exposure.dmarc-subdomains", Revision: 4, Severity: scanner.Low,
	References: []string{"EXP-MAIL-10"},
	Reads:      []string{fact.MailUse, fact.MailDMARC},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.MailPolicy) scanner.Verdict {
	record, v, settled := mailpolicy.Own(f)
	if settled {
		return v
	}
	return judgeRecord(f, record)
}

func judgeRecord(f fact.MailPolicy, d fact.DMARCRecord) scanner.Verdict {
	values := scanner.Values{"name": f.DMARC.PolicyDomain, "policy": d.Policy}
	// In a record below the organisation's own, sp and np are ignored (RFC 9989
	// section 4.7).
	atTop := f.DMARC.Organisation == f.DMARC.PolicyDomain || f.DMARC.Organisation == "" && f.Registrable
	words := weaker(d)
	var faults []scanner.Verdict
	if len(words) > 0 && atTop {
		faults = append(faults, scanner.Failed("weaker", scanner.Values{
			"name": values["name"], "policy": values["policy"], "weaker": strings.Join(words, ", "),
		}))
	}
	if d.Test && lowers(d) {
		faults = append(faults, scanner.Failed("test-mode", values))
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case len(words) > 0 && f.DMARC.Organisation == "":
		return mailpolicy.PolicyUnknown(f)
	}
	if d.Percent < 100 {
		values["percent"] = strconv.Itoa(d.Percent)
		return scanner.Passed("same-old-share", values)
	}
	return scanner.Passed("same", values)
}

// lowers tells whether the test mode has a policy to lower: it changes nothing of
// "none" (RFC 9989 section 4.7).
func lowers(d fact.DMARCRecord) bool {
	for _, policy := range []string{d.Policy, d.Subdomains, d.Inexistent} {
		if mailpolicy.Rank(policy) > mailpolicy.Rank(mailpolicy.None) {
			return true
		}
	}
	return false
}

// weaker lists the policies for sub-domains that are weaker than that of the domain.
// An np that is missing follows sp, an sp that is missing follows p (RFC 9989 section
// 4.7).
func weaker(d fact.DMARCRecord) (words []string) {
	if weakerThan(d.Subdomains, d.Policy) {
		words = append(words, "sp="+d.Subdomains)
	}
	if weakerThan(d.Inexistent, d.Policy) {
		words = append(words, "np="+d.Inexistent)
	}
	return words
}

func weakerThan(policy, other string) bool {
	return policy != "" && mailpolicy.Rank(policy) < mailpolicy.Rank(other)
}
