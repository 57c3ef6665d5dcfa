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
	Vantage:    scanner.VantageInternet,
	Confirm:    scanner.ConfirmLater,
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.Templates) scanner.Verdict {
	portals := slices.DeleteFunc(slices.Clone(f.Ran), func(r fact.TemplateRun) bool { return r.Group != fact.GroupPortal })
	seen := templates.Reported(portals)
	hidden := slices.DeleteFunc(slices.Clone(seen), func(r fact.TemplateRun) bool { return declared(r.URL, f.Declared) })
	switch {
	case len(hidden) > 0:
		return scanner.Failed("undeclared", templates.Found(hidden))
	case len(seen) > 0:
		return scanner.FailedAs(scanner.Medium, "second-factor-unknown", templates.Found(seen))
	}
	return templates.Absence(f, portals)
}

// declared says whether a page is on a declared portal, named by its host or
// by its origin.
func declared(page string, portals []string) bool {
	at, err := url.Parse(page)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(portals, func(portal string) bool {
		portal = strings.TrimSuffix(portal, "/")
		return strings.EqualFold(portal, at.Hostname()) || strings.EqualFold(portal, at.Scheme+"://"+at.Host)
	})
}
