// SPDX-License-Identifier: Apache-2.0

// Package adminpanel checks that no administration interface answers from the
// internet.
package adminpanel

import (
	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.admin-panel", Revision: 1, Severity: scanner.High,
	References: []string{"EXP-SVC-08", "EXP-SVC-10"},
	Vantage:    scanner.VantageInternet,
	Judge:      scanner.Each(struct{}{}, templates.NoneFound(fact.GroupAdminPanel)),
}
