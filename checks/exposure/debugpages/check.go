// SPDX-License-Identifier: Apache-2.0

// Package debugpages checks that no status, metrics or debug page
// answers from the internet.
package debugpages

import (
	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.debug-pages", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-HTTP-14"},
	Judge: scanner.Each(struct{}{}, templates.Graded(fact.GroupDebugPage,
		templates.Grade{Severity: scanner.Critical, Reason: "secrets"},
		templates.Grade{Severity: scanner.High, Reason: "exposed"},
		templates.Grade{Severity: scanner.Low, Reason: "status-page"},
	)),
}
