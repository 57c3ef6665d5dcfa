// SPDX-License-Identifier: Apache-2.0

// Package edgeversion checks that gateways and mail servers run their last
// security build.
package edgeversion

import (
	"time"

	"carescan/checks/internal/release"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the time allowed to install a build.
type Params struct {
	// GraceDays: a build that came out within these days may still be on its
	// way. Source: EXP-VULN-05.
	GraceDays int `json:"grace_days"`
	// ListDays: builds that came out since are not in an older list. Rule of the
	// project.
	ListDays int `json:"list_days"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.edge-version", Revision: 3, Severity: scanner.High,
	References: []string{"EXP-VULN-05"},
	Judge:      scanner.Each(Params{GraceDays: 30, ListDays: 90}, judge),
}

func judge(c scanner.Case[Params], f fact.Products) scanner.Verdict {
	v, found := release.Together(f,
		func(p fact.Product) bool { return p.Edge },
		func(p fact.Product) scanner.Verdict { return judgeEdge(c, p) })
	if !found {
		return scanner.Exempt("no-edge", nil)
	}
	return v
}

func judgeEdge(c scanner.Case[Params], p fact.Product) scanner.Verdict {
	values := scanner.Values{
		"product": release.Names([]fact.Product{p}), "latest": p.Latest, "date": p.LatestDate.Format(time.DateOnly),
		"flaws": release.Affecting(p),
	}
	switch banner := p.Source == fact.FromBanner; {
	case values["flaws"] != "" && banner:
		return scanner.FailedAs(scanner.Medium, "flawed-announced", values)
	case values["flaws"] != "":
		return scanner.FailedAs(scanner.Critical, "flawed", values)
	}
	return judgeAge(c, p, values)
}

func judgeAge(c scanner.Case[Params], p fact.Product, values scanner.Values) scanner.Verdict {
	switch older, known := release.Older(p.Version, p.Latest); {
	case p.Version == "":
		return scanner.Unknown("version-unknown", values)
	case p.Latest == "":
		return scanner.Unknown("not-listed", values)
	case !known:
		return scanner.Unknown("not-comparable", values)
	case !older && release.Stale(p, c.At, c.Params.ListDays):
		values["listed"] = p.ListedOn.Format(time.DateOnly)
		return scanner.Unknown("list-too-old", values)
	case !older:
		return scanner.Passed("current", values)
	case release.Packaged(p):
		return scanner.Unknown("to-confirm", values)
	}
	return late(c, p, values)
}

// late counts from the day the newest build came out.
func late(c scanner.Case[Params], p fact.Product, values scanner.Values) scanner.Verdict {
	switch {
	case p.LatestDate.IsZero():
		return scanner.FailedAs(scanner.Medium, "late-undated", values)
	case p.Source == fact.FromBanner:
		return scanner.FailedAs(scanner.Medium, "late-announced", values)
	case c.At.Sub(p.LatestDate) < time.Duration(c.Params.GraceDays)*24*time.Hour:
		return scanner.FailedAs(scanner.Medium, "late", values)
	}
	return scanner.FailedAs(scanner.High, "outdated", values)
}
