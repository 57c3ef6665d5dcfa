// SPDX-License-Identifier: Apache-2.0

// Package managementconsole checks that no hypervisor,
// out-of-band card, storage or backup console answers from the internet.
package managementconsole

import (
	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.management-console", Revision: 1, Severity: scanner.Critical,
	References: []string{"EXP-SVC-07"},
	Judge:      scanner.Each(struct{}{}, templates.NoneFound(fact.GroupManagementConsole)),
}
