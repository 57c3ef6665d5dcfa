// SPDX-License-Identifier: Apache-2.0

// Package directorylisting checks that no folder of a site shows its
// content.
package directorylisting

import (
	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.directory-listing", Revision: 1, Severity: scanner.Medium,
	References: []string{"EXP-HTTP-11"},
	Judge: scanner.Each(struct{}{}, templates.Graded(fact.GroupDirectoryListing,
		templates.Grade{Severity: scanner.High, Reason: "sensitive"},
		templates.Grade{Severity: scanner.Medium, Reason: "exposed"},
	)),
}
