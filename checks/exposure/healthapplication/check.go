// SPDX-License-Identifier: Apache-2.0

// Package healthapplication checks that no care application answers
// directly from the internet.
package healthapplication

import (
	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.health-application", Revision: 3, Severity: scanner.Critical,
	References: []string{"EXP-SVC-11"},
	Judge: scanner.Each(struct{}{}, templates.Graded(fact.GroupHealthApp,
		templates.Grade{Severity: scanner.Critical, Reason: "open"},
		templates.Grade{Severity: scanner.High, Reason: "exposed"},
	)),
}
