// SPDX-License-Identifier: Apache-2.0

// Package contenttyping checks that a page says what it is, forbids browsers to
// guess, and limits what they tell the next site.
package contenttyping

import (
	"slices"
	"strings"

	"carescan/checks/internal/site"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.content-typing", Revision: 4, Severity: scanner.Low,
	References: []string{"EXP-HTTP-05"},
	Reads:      []string{fact.WebPage, fact.WebOthers},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	if v, settled := site.Settled(w); settled {
		return v
	}
	referrer := ""
	if w.Page != nil {
		referrer = w.Page.Referrer
	}
	var addresses []site.Judged
	for _, answer := range site.Answers(w) {
		addresses = append(addresses, site.Judged{Address: answer.Address, Verdicts: judgeAnswer(answer, referrer)})
	}
	return site.Together(addresses)
}

func judgeAnswer(answer fact.Hop, referrer string) (faults []scanner.Verdict) {
	var missing []string
	if !nosniff(answer.Headers["x-content-type-options"]) {
		missing = append(missing, "X-Content-Type-Options: nosniff")
	}
	if fault := typeFault(site.First(answer, "content-type")); fault != "" {
		missing = append(missing, fault)
	}
	policies := append(slices.Clone(answer.Headers["referrer-policy"]), referrer)
	switch policy := effective(policies); policy {
	case "unsafe-url", "no-referrer-when-downgrade":
		faults = append(faults, scanner.Failed("talkative", scanner.Values{"policy": policy}))
	case "":
		missing = append(missing, "Referrer-Policy")
	}
	if len(missing) > 0 {
		faults = append([]scanner.Verdict{scanner.Failed("missing", scanner.Values{"headers": strings.Join(missing, ", ")})}, faults...)
	}
	if len(faults) == 0 {
		return []scanner.Verdict{scanner.Passed("complete", nil)}
	}
	return faults
}

// nosniff tells whether browsers keep to the type: the first of the values counts,
// of all the fields put together (Fetch, "determine nosniff").
func nosniff(values []string) bool {
	first, _, _ := strings.Cut(strings.Join(values, ","), ",")
	return strings.EqualFold(strings.Trim(first, " \t"), "nosniff")
}

// typeFault is what a Content-Type lacks: text needs its charset.
func typeFault(value string) string {
	value = strings.ToLower(value)
	switch {
	case value == "":
		return "Content-Type"
	case strings.HasPrefix(value, "text/") && !strings.Contains(value, "charset="):
		return "Content-Type (charset)"
	}
	return ""
}

// effective is the last policy that browsers know of a list (Referrer Policy
// section 8.1), empty when there is none.
func effective(values []string) string {
	var policy string
	for value := range strings.SplitSeq(strings.ToLower(strings.Join(values, ",")), ",") {
		if value = strings.Trim(value, " \t"); slices.Contains(known[:], value) {
			policy = value
		}
	}
	return policy
}

var known = [...]string{
	"no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin", "strict-origin",
	"strict-origin-when-cross-origin", "unsafe-url",
}
