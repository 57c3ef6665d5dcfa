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
	ID: "exposure.content-security-policy", Revision: 3, Severity: scanner.Low,
	References: []string{"EXP-HTTP-03"},
	Reads:      []string{fact.WebPage, fact.WebOthers},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	if v, settled := site.PageSettled(w); settled {
		return v
	}
	var verdicts []scanner.Verdict
	for _, answer := range site.Answers(w) {
		verdicts = append(verdicts, judgeAnswer(answer, *w.Page))
	}
	return scanner.Worst(verdicts)
}

// judgeAnswer judges all the policies of a page together, from the header and from
// the page itself: a script must be allowed by each (CSP Level 3 section 8.1).
func judgeAnswer(answer fact.Hop, page fact.Page) scanner.Verdict {
	policies := append(csp.ParsePolicies(answer.Headers["content-security-policy"]), csp.ParseElements(page.Policies)...)
	weakness, source := csp.ScriptWeakness(policies)
	switch {
	case weakness == csp.None:
		return scanner.Passed("strict", nil)
	case len(policies) == 0:
		return judgeAbsence(answer, page)
	}
	// "Weak policy" is a warning of the catalogue (EXP-HTTP-03).
	return scanner.FailedAs(scanner.Low, string(weakness), scanner.Values{"source": source})
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
