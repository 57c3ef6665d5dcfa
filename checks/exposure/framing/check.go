// SPDX-License-Identifier: Apache-2.0

// Package framing checks that strangers cannot show a page inside theirs, where
// a visitor would click without knowing.
package framing

import (
	"slices"
	"strings"

	"carescan/checks/internal/csp"
	"carescan/checks/internal/site"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.framing", Revision: 4, Severity: scanner.Low,
	References: []string{"EXP-HTTP-04"},
	Reads:      []string{fact.WebPage, fact.WebOthers},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	if v, settled := site.PageSettled(w); settled {
		return v
	}
	var addresses []site.Judged
	for _, answer := range site.Answers(w) {
		addresses = append(addresses, site.Judged{Address: answer.Address, Verdicts: judgeAnswer(answer)})
	}
	return site.Together(addresses)
}

// judgeAnswer reads the policy of the header first: where it rules on framing,
// browsers leave X-Frame-Options aside (CSP Level 3 section 6.4.2.2). In a meta
// element this directive means nothing (section 3.3). X-Frame-Options is told too
// where neither holds: who wrote it believes that it does.
func judgeAnswer(answer fact.Hop) []scanner.Verdict {
	ruled := false
	for _, p := range csp.ParsePolicies(answer.Headers["content-security-policy"]) {
		if p.LimitsAncestors() {
			return []scanner.Verdict{scanner.Passed("frame-ancestors", nil)}
		}
		_, rules := p.Ancestors()
		ruled = ruled || rules
	}
	options := strings.Join(answer.Headers["x-frame-options"], ", ")
	switch {
	case !ruled && options == "":
		return []scanner.Verdict{scanner.Failed("absent", nil)}
	case !ruled && understood(options):
		return []scanner.Verdict{scanner.Passed("x-frame-options", scanner.Values{"value": options})}
	}
	var faults []scanner.Verdict
	if ruled {
		faults = append(faults, scanner.Failed("open", nil))
	}
	if options != "" && !understood(options) {
		faults = append(faults, scanner.Failed("ignored", scanner.Values{"value": options}))
	}
	return faults
}

// understood tells whether browsers obey the header (HTML Living Standard, section
// "The X-Frame-Options header"). Several different values forbid all framing as
// soon as one of them is a word of the header, even an open one; ALLOW-FROM is
// none.
func understood(options string) bool {
	var values []string
	for value := range strings.SplitSeq(strings.ToUpper(options), ",") {
		if value = strings.Trim(value, " \t"); !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	known := []string{"DENY", "SAMEORIGIN"}
	if len(values) > 1 {
		known = append(known, "ALLOWALL")
	}
	return slices.ContainsFunc(values, func(value string) bool { return slices.Contains(known, value) })
}
