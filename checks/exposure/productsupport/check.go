// SPDX-License-Identifier: Apache-2.0

// Package productsupport checks that the products in sight still receive
// corrections.
package productsupport

import (
	"time"

	"carescan/checks/internal/release"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the margin before the end of support.
type Params struct {
	// SoonDays: support that ends within these days is to be planned for. Six
	// months, source: EXP-VULN-04.
	SoonDays int `json:"soon_days"`
	// ListDays: an older list is not believed when it says that support goes on
	// without naming a day. Rule of the project.
	ListDays int `json:"list_days"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.product-support", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-VULN-04"},
	Judge:      scanner.Each(Params{SoonDays: 183, ListDays: 90}, judge),
}

func judge(c scanner.Case[Params], f fact.Products) scanner.Verdict {
	if len(f.Seen) == 0 {
		return scanner.Exempt("none-recognised", nil)
	}
	var verdicts []scanner.Verdict
	var supported, unlisted []fact.Product
	for _, p := range f.Seen {
		switch v, known := judgeProduct(c, p); {
		case !known:
			unlisted = append(unlisted, p)
		case v.Outcome == scanner.Pass:
			supported = append(supported, p)
		default:
			verdicts = append(verdicts, v)
		}
	}
	switch {
	case len(verdicts) > 0:
		return scanner.Worst(verdicts)
	case len(unlisted) > 0:
		return scanner.Unknown("not-listed", scanner.Values{"products": release.Names(unlisted)})
	}
	values := release.Lists(f.Lists)
	values["products"] = release.Names(supported)
	return scanner.Passed("supported", values)
}

// judgeProduct says nothing of a product that no list, or an old one, knows. A date that is not
// set means that support goes on.
func judgeProduct(c scanner.Case[Params], p fact.Product) (v scanner.Verdict, known bool) {
	values := scanner.Values{"product": release.Names([]fact.Product{p}), "until": p.EndOfSupport.Format(time.DateOnly)}
	left := p.EndOfSupport.Sub(c.At)
	switch {
	case !p.Listed, p.EndOfSupport.IsZero() && release.Stale(p, c.At, c.Params.ListDays):
		return v, false
	case p.EndOfSupport.IsZero() || left > time.Duration(c.Params.SoonDays)*24*time.Hour:
		return scanner.Passed("supported", nil), true
	case left >= 0:
		return scanner.FailedAs(scanner.Low, "soon", values), true
	}
	return ended(p, values), true
}

// ended holds what a banner says for a doubt: distributions support versions
// that their authors have left (exposure-checks.md section 1.2).
func ended(p fact.Product, values scanner.Values) scanner.Verdict {
	switch banner := p.Source == fact.FromBanner; {
	case banner && p.Edge:
		return scanner.FailedAs(scanner.Medium, "edge-ended-announced", values)
	case banner:
		return scanner.FailedAs(scanner.Low, "ended-announced", values)
	case p.Edge:
		return scanner.FailedAs(scanner.High, "edge-ended", values)
	}
	return scanner.FailedAs(scanner.Medium, "ended", values)
}
