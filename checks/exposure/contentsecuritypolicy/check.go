// SPDX-License-Identifier: Apache-2.0

// Package contentsecuritypolicy checks that a page tells browsers which scripts
// are its own (CSP).
package contentsecuritypolicy

import (
	"carescan/checks/internal/csp"
	"carescan/checks/internal/site"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.content-security-policy", Revision: 4, Severity: scanner.Low,
	References: []string{"EXP-HTTP-03"},
	Reads:      []string{fact.WebPage, fact.WebOthers},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	if v, settled := site.PageSettled(w); settled {
		return v
	}
	var addresses []site.Judged
	for _, answer := range site.Answers(w) {
		addresses = append(addresses, site.Judged{Address: answer.Address, Verdicts: judgeAnswer(answer, *w.Page)})
	}
	return site.Together(addresses)
}

// judgeAnswer judges all the policies of a page together, from the header and from
// the page itself: a script must be allowed by each (CSP Level 3 section 8.1).
func judgeAnswer(answer fact.Hop, page fact.Page) []scanner.Verdict {
	policies := append(csp.ParsePolicies(answer.Headers["content-security-policy"]), csp.ParseElements(page.Policies)...)
	if len(policies) == 0 {
		return []scanner.Verdict{judgeAbsence(answer, page)}
	}
	openings := csp.ScriptOpenings(policies)
	if len(openings) == 0 {
		return []scanner.Verdict{scanner.Passed("strict", nil)}
	}
	var faults []scanner.Verdict
	for _, o := range openings {
		// "Weak policy" is a warning of the catalogue (EXP-HTTP-03).
		faults = append(faults, scanner.FailedAs(scanner.Low, string(o.Weakness), scanner.Values{"source": o.Source}))
	}
	return faults
}

func judgeAbsence(answer fact.Hop, page fact.Page) scanner.Verdict {
	switch {
	case len(answer.Headers["content-security-policy-report-only"]) > 0:
		return scanner.FailedAs(scanner.Low, "report-only", nil)
	case page.Cut != "":
		// A policy or a password field may stand in the rest of the page.
		return scanner.Unknown("cut", nil)
	case page.Passwords > 0:
		return scanner.Failed("absent-with-login", nil)
	}
	return scanner.FailedAs(scanner.Low, "absent", nil)
}
