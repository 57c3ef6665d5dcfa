// SPDX-License-Identifier: Apache-2.0

// Package pagescripts checks that nobody else can change the scripts of a page:
// neither on the way, nor where they are kept, nor by buying a name that lapsed.
package pagescripts

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
	ID: "exposure.page-scripts", Revision: 4, Severity: scanner.Critical,
	References: []string{"EXP-HTTP-09"},
	Reads:      []string{fact.WebPage},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	v, settled := site.PageSettled(w)
	if settled && (w.Page == nil || len(w.Hops) == 0 || v.Outcome == scanner.NotApplicable) {
		return v
	}
	var faults []scanner.Verdict
	if free := hosts(w.Page.Scripts, isFree); free != "" {
		faults = append(faults, scanner.Failed("free-host", scanner.Values{"hosts": free}))
	}
	if len(w.Page.Active) > 0 && !upgraded(w) {
		faults = append(faults, scanner.FailedAs(scanner.Medium, "mixed", scanner.Values{"hosts": strings.Join(w.Page.Active, ", ")}))
	}
	// The scripts of a free host are to be removed, and no hash helps.
	if bare := hosts(w.Page.Scripts, func(s fact.Script) bool { return s.Third && s.Bare > 0 && !isFree(s) }); bare != "" {
		faults = append(faults, scanner.FailedAs(scanner.Low, "no-integrity", scanner.Values{"hosts": bare}))
	}
	if len(faults) > 0 {
		return scanner.Together(faults)
	}
	return doubts(w)
}

// doubts come last: a proven fault counts more than what is not known.
func doubts(w fact.Web) scanner.Verdict {
	if v, settled := site.PageSettled(w); settled {
		return v // an error page shows no more than its own faults
	}
	unknown := hosts(w.Page.Scripts, func(s fact.Script) bool { return s.Third && s.Name == fact.NameUnknown })
	switch {
	case w.Page.Cut != "":
		return scanner.Unknown("cut", nil)
	case unknown != "":
		return scanner.Unknown("hosts-unknown", scanner.Values{"hosts": unknown})
	case len(w.Page.Passive) > 0 && !upgraded(w):
		return scanner.Passed("images-in-clear", scanner.Values{"hosts": strings.Join(w.Page.Passive, ", ")})
	}
	return scanner.Passed("safe", nil)
}

func isFree(s fact.Script) bool { return s.Name == fact.NameFree }

func hosts(scripts []fact.Script, is func(fact.Script) bool) string {
	var names []string
	for _, s := range scripts {
		if is(s) {
			names = append(names, s.Host)
		}
	}
	return strings.Join(names, ", ")
}

// upgraded tells whether a policy has browsers ask for all of it over HTTPS.
func upgraded(w fact.Web) bool {
	policies := csp.ParseElements(w.Page.Policies)
	for _, answer := range site.Answers(w)[:1] {
		policies = append(policies, csp.ParsePolicies(answer.Headers["content-security-policy"])...)
	}
	return slices.ContainsFunc(policies, csp.Policy.UpgradesRequests)
}
