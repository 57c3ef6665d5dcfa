// SPDX-License-Identifier: Apache-2.0

// Package productflaws checks that no product shows a version known for a flaw
// that is exploited.
package productflaws

import (
	"strings"

	"carescan/checks/internal/release"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.product-flaws", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-VULN-03"},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge never says more than "not confirmed": distributions correct flaws
// without changing the version.
func judge(_ scanner.Case[struct{}], f fact.Products) scanner.Verdict {
	if len(f.Seen) == 0 {
		return scanner.Exempt("none-recognised", nil)
	}
	affected, unstated, untracked := sort(f.Seen)
	values := release.Lists(f.Lists)
	values["products"] = release.Names(f.Seen)
	switch {
	case len(affected) > 0:
		values["products"] = strings.Join(affected, ", ")
		return scanner.FailedAs(scanner.Medium, "listed-version", values)
	case f.Lists == "":
		return scanner.Unknown("no-lists", values)
	case len(unstated) > 0:
		values["products"] = release.Names(unstated)
		return scanner.Unknown("versions-not-stated", values)
	case len(untracked) > 0:
		values["products"] = release.Names(untracked)
		return scanner.Unknown("not-tracked", values)
	}
	return scanner.Passed("none-listed", values)
}

// sort tells the products whose version is among the affected ones from those
// listed without versions, and from those that the list says nothing of.
func sort(seen []fact.Product) (affected []string, unstated, untracked []fact.Product) {
	for _, p := range seen {
		switch flaws := release.Affecting(p); {
		case flaws != "":
			affected = append(affected, release.Names([]fact.Product{p})+" ("+flaws+")")
		case len(p.Flaws) > 0:
			unstated = append(unstated, p)
		case !p.Tracked:
			untracked = append(untracked, p)
		}
	}
	return affected, unstated, untracked
}
