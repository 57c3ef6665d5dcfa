// SPDX-License-Identifier: Apache-2.0

// Package adminpanel checks that no administration page of an application
// answers from the internet.
package adminpanel

import (
	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.admin-panel", Revision: 3, Severity: scanner.Medium,
	References: []string{"EXP-SVC-10"},
	Judge: scanner.Each(struct{}{}, templates.Graded(fact.GroupAdminPanel,
		templates.Grade{Severity: scanner.Critical, Reason: "open"},
		templates.Grade{Severity: scanner.Medium, Reason: "exposed"},
	)),
}
