// SPDX-License-Identifier: Apache-2.0

// Package implant checks that no known web shell answers on a site.
package implant

import (
	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.implant", Revision: 1, Severity: scanner.Critical,
	References: []string{"EXP-VULN-08"},
	Judge:      scanner.Each(struct{}{}, templates.NoneFound(fact.GroupImplant)),
}
