// SPDX-License-Identifier: Apache-2.0

// Package cmsversion checks that what manages the content of a site has no known
// flaw and is up to date.
package cmsversion

import (
	"time"

	"carescan/checks/internal/release"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the age of the list that is believed.
type Params struct {
	// ListDays: versions that came out since are not in an older list. Rule of
	// the project.
	ListDays int `json:"list_days"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.cms-version", Revision: 3, Severity: scanner.High,
	References: []string{"EXP-VULN-06"},
	Judge:      scanner.Each(Params{ListDays: 90}, judge),
}

func judge(c scanner.Case[Params], f fact.Products) scanner.Verdict {
	v, found := release.Together(f,
		func(p fact.Product) bool { return p.CMS },
		func(p fact.Product) scanner.Verdict { return judgeManager(c, p) })
	if !found {
		return scanner.Exempt("no-cms", nil)
	}
	return v
}

// judgeManager holds a version read in a page for sure, and one read in a banner
// for a doubt (exposure-checks.md section 1.2).
func judgeManager(c scanner.Case[Params], p fact.Product) scanner.Verdict {
	values := scanner.Values{
		"product": release.Names([]fact.Product{p}), "latest": p.Latest, "flaws": release.Affecting(p),
	}
	switch older, known := release.Older(p.Version, p.Latest); {
	case values["flaws"] != "" && p.Source == fact.FromBanner:
		return scanner.FailedAs(scanner.Low, "flawed-announced", values)
	case values["flaws"] != "":
		return scanner.Failed("flawed", values)
	case p.Version == "":
		return scanner.Unknown("version-unknown", values)
	case p.Latest == "":
		return scanner.Unknown("not-listed", values)
	case older:
		return scanner.FailedAs(scanner.Low, "outdated", values)
	case !known:
		return scanner.Unknown("not-comparable", values)
	case release.Stale(p, c.At, c.Params.ListDays):
		values["listed"] = p.ListedOn.Format(time.DateOnly)
		return scanner.Unknown("list-too-old", values)
	}
	return scanner.Passed("current", values)
}
