// SPDX-License-Identifier: Apache-2.0

// Package webportals checks that the portals that answer from the internet
// are declared.
package webportals

import (
	"net/url"
	"slices"
	"strings"

	"carescan/checks/internal/portal"
	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.web-portals", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-SVC-09"},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.Templates) scanner.Verdict {
	portals := slices.DeleteFunc(slices.Clone(f.Ran), func(r fact.TemplateRun) bool { return r.Group != fact.GroupPortal })
	seen := templates.Reported(portals)
	with := func(weakness string) []fact.TemplateRun {
		return slices.DeleteFunc(slices.Clone(seen), func(r fact.TemplateRun) bool {
			return portal.Weakness(declared(r.URL, f.Declared)) != weakness
		})
	}
	var faults []scanner.Verdict
	for _, weakness := range []struct {
		reason   string
		severity scanner.Severity
	}{{portal.Undeclared, scanner.High}, {portal.OneFactor, scanner.High}, {portal.FactorUnknown, scanner.Medium}} {
		if found := with(weakness.reason); len(found) > 0 {
			faults = append(faults, scanner.FailedAs(weakness.severity, weakness.reason, templates.Found(found)))
		}
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case len(seen) > 0:
		return scanner.Passed("protected", templates.Found(seen))
	}
	return templates.Absence(f, portals)
}

// declared is what is declared of the portal a page is on, nil when nothing is.
func declared(page string, portals map[string]fact.Declaration) *fact.Declaration {
	at, err := url.Parse(page)
	if err != nil {
		return nil
	}
	place := at.Host
	if at.Port() == "" {
		place += ":443" // only https is looked at
	}
	if d, ok := portals[strings.ToLower(place)]; ok {
		return &d
	}
	return nil
}
