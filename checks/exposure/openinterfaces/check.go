// SPDX-License-Identifier: Apache-2.0

// Package openinterfaces checks that no broker, container or
// monitoring interface answers from the internet.
package openinterfaces

import (
	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.open-interfaces", Revision: 2, Severity: scanner.Critical,
	References: []string{"EXP-SVC-14"},
	Judge: scanner.Each(struct{}{}, templates.Graded(fact.GroupOpenAPI,
		templates.Grade{Severity: scanner.Critical, Reason: "open"},
		templates.Grade{Severity: scanner.Medium, Reason: "reachable"},
	)),
}
