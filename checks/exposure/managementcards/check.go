// SPDX-License-Identifier: Apache-2.0

// Package managementcards checks that hypervisors, management cards,
// storage and backup consoles do not answer from the internet.
package managementcards

import (
	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.management-cards", Revision: 2, Severity: scanner.Critical,
	References: []string{"EXP-SVC-07"},
	Judge:      scanner.Each(struct{}{}, exposed.None(fact.GroupManagement)),
}
