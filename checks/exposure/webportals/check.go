// SPDX-License-Identifier: Apache-2.0

// Package webportals checks that the portals that answer from the internet
// are declared.
package webportals

import (
	"net/url"
	"slices"
	"strings"

	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.web-portals", Revision: 1, Severity: scanner.High,
	References: []string{"EXP-SVC-09"},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.Templates) scanner.Verdict {
	portals := slices.DeleteFunc(slices.Clone(f.Ran), func(r fact.TemplateRun) bool { return r.Group != fact.GroupPortal })
	seen := templates.Reported(portals)
	with := func(factors ...string) []fact.TemplateRun {
		return slices.DeleteFunc(slices.Clone(seen), func(r fact.TemplateRun) bool {
			return !slices.Contains(factors, secondFactor(r.URL, f.Declared))
		})
	}
	switch {
	case len(with("undeclared")) > 0:
		return scanner.Failed("undeclared", templates.Found(with("undeclared")))
	case len(with("no")) > 0:
		return scanner.Failed("no-second-factor", templates.Found(with("no")))
	case len(with("unknown", "")) > 0:
		return scanner.FailedAs(scanner.Medium, "second-factor-unknown", templates.Found(with("unknown", "")))
	case len(seen) > 0:
		return scanner.Passed("protected", templates.Found(seen))
	}
	return templates.Absence(f, portals)
}

// secondFactor is what is declared of the portal a page is on.
func secondFactor(page string, portals map[string]fact.Declaration) string {
	at, err := url.Parse(page)
	if err != nil {
		return "undeclared"
	}
	place := at.Host
	if at.Port() == "" {
		place += ":443" // only https is looked at
	}
	if portal, ok := portals[strings.ToLower(place)]; ok {
		return portal.TwoFactor
	}
	return "undeclared"
}
