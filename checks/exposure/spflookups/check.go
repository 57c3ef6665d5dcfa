// SPDX-License-Identifier: Apache-2.0

// Package spflookups checks that the SPF record of a domain can be evaluated
// within the look-ups that receivers grant.
package spflookups

import (
	"strconv"
	"strings"

	"carescan/checks/internal/mailpolicy"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are numbers of look-ups (RFC 7208 section 4.6.4).
type Params struct {
	Comfortable int `json:"comfortable"` // still leaves room; EXP-MAIL-04
	Most        int `json:"most"`        // what receivers grant
	Voids       int `json:"voids"`       // look-ups in vain that receivers grant
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.spf-lookups", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-MAIL-04"},
	Reads:      []string{fact.MailUse, fact.MailSPF},
	Judge:      scanner.Each(Params{Comfortable: 8, Most: 10, Voids: 2}, judge),
}

func judge(c scanner.Case[Params], f fact.MailPolicy) scanner.Verdict {
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
	return judgeCount(c.Params, f.SPF)
}

func judgeCount(p Params, s fact.SPF) scanner.Verdict {
	values := scanner.Values{"count": strconv.Itoa(s.Lookups), "voids": strconv.Itoa(s.Voids), "tree": branches(s.Records[0])}
	var faults []scanner.Verdict
	if s.Lookups > p.Most {
		faults = append(faults, scanner.Failed("too-many", values))
	}
	if loops(s) {
		faults = append(faults, scanner.Failed("loop", values))
	}
	if s.Voids > p.Voids {
		faults = append(faults, scanner.FailedAs(scanner.Low, "void", values))
	}
	if s.Lookups > p.Comfortable && s.Lookups <= p.Most && !s.Open {
		faults = append(faults, scanner.FailedAs(scanner.Low, "near", values))
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case s.Open:
		return scanner.Unknown("incomplete", values)
	}
	return scanner.Passed("few", values)
}

func loops(s fact.SPF) bool {
	for _, fault := range s.Faults {
		if fault.Kind == fact.SPFLoop {
			return true
		}
	}
	return false
}

// maxBranches is how many branches a message shows.
const maxBranches = 15

// branches shows what each term of the record costs, with all it leads to.
func branches(root fact.SPFRecord) string {
	var shown []string
	for _, term := range root.Terms {
		if term.Cost > 0 && len(shown) < maxBranches {
			shown = append(shown, term.Text+" = "+strconv.Itoa(term.Cost))
		}
	}
	return strings.Join(shown, ", ")
}
