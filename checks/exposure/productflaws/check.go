// SPDX-License-Identifier: Apache-2.0

// Package productflaws checks that no product shows a version known for a flaw
// that is exploited.
package productflaws

import (
	"strings"
	"time"

	"carescan/checks/internal/release"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.product-flaws", Revision: 3, Severity: scanner.Medium,
	References: []string{"EXP-VULN-03"},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge never says more than "not confirmed": distributions correct flaws
// without changing the version.
func judge(c scanner.Case[struct{}], f fact.Products) scanner.Verdict {
	if len(f.Seen) == 0 {
		return scanner.Exempt("none-recognised", nil)
	}
	seen := release.Distinct(f.Seen)
	s := sort(seen, c.At)
	values := release.Lists(f.Lists)
	values["products"] = release.Names(seen)
	switch {
	case len(s.affected) > 0:
		values["products"] = strings.Join(s.affected, ", ")
		return scanner.FailedAs(scanner.Medium, "listed-version", values)
	case len(s.maintained) > 0:
		values["products"] = strings.Join(s.maintained, ", ")
		return scanner.Unknown("system-corrects", values)
	case f.Lists == "":
		return scanner.Unknown("no-lists", values)
	case len(s.unstated) > 0:
		values["products"] = release.Names(s.unstated)
		return scanner.Unknown("versions-not-stated", values)
	case len(s.untracked) > 0:
		values["products"] = release.Names(s.untracked)
		return scanner.Unknown("not-tracked", values)
	}
	return scanner.Passed("none-listed", values)
}

// sorted are the products by what the list says of them.
type sorted struct {
	affected   []string // their version is among the affected ones
	maintained []string // it is too, and an operating system that is named corrects it
	// unstated are listed without versions; the list says nothing of the untracked.
	unstated, untracked []fact.Product
}

func sort(seen []fact.Product, at time.Time) (s sorted) {
	for _, p := range seen {
		name := release.Names([]fact.Product{p})
		maintained, _ := release.Maintained(p, at)
		switch flaws := release.Affecting(p); {
		case flaws != "" && maintained:
			s.maintained = append(s.maintained, name+" — "+flaws+" — "+release.System(p))
		case flaws != "":
			s.affected = append(s.affected, name+" — "+flaws)
		case len(p.Flaws) > 0:
			s.unstated = append(s.unstated, p)
		case !p.Tracked:
			s.untracked = append(s.untracked, p)
		}
	}
	return s
}
