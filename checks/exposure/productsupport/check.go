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
	ID: "exposure.product-support", Revision: 3, Severity: scanner.Medium,
	References: []string{"EXP-VULN-04"},
	Judge:      scanner.Each(Params{SoonDays: 183, ListDays: 90}, judge),
}

func judge(c scanner.Case[Params], f fact.Products) scanner.Verdict {
	if len(f.Seen) == 0 {
		return scanner.Exempt("none-recognised", nil)
	}
	var verdicts []scanner.Verdict
	var supported, unlisted []fact.Product
	for _, p := range release.Distinct(f.Seen) {
		switch v, known := judgeProduct(c, p); {
		case !known:
			unlisted = append(unlisted, p)
		case v.Outcome == scanner.Pass:
			if byItsSystem(p) {
				p.Where += " — " + release.System(p)
			}
			supported = append(supported, p)
		default:
			verdicts = append(verdicts, v)
		}
	}
	switch {
	case len(verdicts) > 0:
		return scanner.Together(verdicts)
	case len(unlisted) > 0:
		return scanner.Unknown("not-listed", scanner.Values{"products": release.Names(unlisted)})
	}
	values := release.Lists(f.Lists)
	values["products"] = release.Names(supported)
	return scanner.Passed("supported", values)
}

// judgeProduct says nothing of a product that no list, or an old one, knows. The
// operating system decides where the announcement names its release.
func judgeProduct(c scanner.Case[Params], p fact.Product) (v scanner.Verdict, known bool) {
	values := scanner.Values{"product": release.Names([]fact.Product{p}), "system": release.System(p)}
	if byItsSystem(p) {
		return judgeEnd(c, p, p.DistributionEnd, values, byDistribution)
	}
	if !p.Listed {
		return v, false
	}
	return judgeEnd(c, p, p.EndOfSupport, values, byVendor)
}

// byItsSystem tells whether the operating system decides.
func byItsSystem(p fact.Product) bool { return p.Source == fact.FromBanner && p.DistributionListed }

// judgeEnd judges the end of support that is known. A date that is not set means
// that support goes on, for as long as the list is believed.
func judgeEnd(
	c scanner.Case[Params], p fact.Product, end time.Time, values scanner.Values,
	late func(p fact.Product, over bool, values scanner.Values) scanner.Verdict,
) (v scanner.Verdict, known bool) {
	values["until"] = end.Format(time.DateOnly)
	left := end.Sub(c.At)
	switch {
	case end.IsZero() && release.Stale(p, c.At, c.Params.ListDays):
		return v, false
	case end.IsZero() || left > time.Duration(c.Params.SoonDays)*24*time.Hour:
		return scanner.Passed("supported", nil), true
	}
	return late(p, left < 0, values), true
}

// byDistribution judges what an operating system maintains, as surely as the
// announcement is true.
func byDistribution(p fact.Product, over bool, values scanner.Values) scanner.Verdict {
	switch {
	case !over:
		return scanner.FailedAs(scanner.Low, "system-soon", values)
	case p.Edge:
		return scanner.FailedAs(scanner.High, "edge-system-ended", values)
	}
	return scanner.FailedAs(scanner.Medium, "system-ended", values)
}

// byVendor holds what a banner says of a product that operating systems ship for
// nothing: they correct versions that their authors have left. Of any other
// product the banner is a doubt (exposure-checks.md section 1.2).
func byVendor(p fact.Product, over bool, values scanner.Values) scanner.Verdict {
	banner := p.Source == fact.FromBanner
	switch {
	case release.Packaged(p) && p.Distribution != "":
		return scanner.Unknown("release-unnamed", values)
	case release.Packaged(p):
		return scanner.Unknown("to-confirm", values)
	case !over:
		return scanner.FailedAs(scanner.Low, "soon", values)
	case banner && p.Edge:
		return scanner.FailedAs(scanner.Medium, "edge-ended-announced", values)
	case banner:
		return scanner.FailedAs(scanner.Low, "ended-announced", values)
	case p.Edge:
		return scanner.FailedAs(scanner.High, "edge-ended", values)
	}
	return scanner.FailedAs(scanner.Medium, "ended", values)
}
