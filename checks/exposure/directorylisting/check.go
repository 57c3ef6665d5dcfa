// SPDX-License-Identifier: Apache-2.0

// Package directorylisting checks that no folder of a site shows its
// content.
package directorylisting

import (
	"slices"

	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.directory-listing", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-HTTP-11"},
	Judge:      scanner.Each(struct{}{}, judge),
}

var grade = templates.Graded(fact.GroupDirectoryListing,
	templates.Grade{Severity: scanner.High, Reason: "sensitive"},
	templates.Grade{Severity: scanner.Medium, Reason: "exposed"},
)

// judge takes a folder for what the gravest of its templates says, so that it is told
// once.
func judge(c scanner.Case[struct{}], f fact.Templates) scanner.Verdict {
	worst := map[string]scanner.Severity{}
	for _, r := range templates.Reported(f.Ran) {
		said, known := worst[r.URL]
		if s := scanner.Severity(r.Severity); r.Group == fact.GroupDirectoryListing && (!known || s.Rank() < said.Rank()) {
			worst[r.URL] = s
		}
	}
	f.Ran = slices.Clone(f.Ran)
	for i, r := range f.Ran {
		if said, known := worst[r.URL]; known {
			f.Ran[i].Severity = string(said)
		}
	}
	return grade(c, f)
}
