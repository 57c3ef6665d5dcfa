// SPDX-License-Identifier: Apache-2.0

// Package industrial checks that no industrial or building controller, printer
// or camera answers from the internet.
package industrial

import (
	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.industrial", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-SVC-12"},
	Judge:      scanner.Each(struct{}{}, exposed.None(fact.GroupIndustrial)),
}
