// SPDX-License-Identifier: Apache-2.0

// Package leakedbackups checks that no backup, database dump or log
// can be read on a site.
package leakedbackups

import (
	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.leaked-backups", Revision: 1, Severity: scanner.Critical,
	References: []string{"EXP-HTTP-13"},
	Judge:      scanner.Each(struct{}{}, templates.NoneFound(fact.GroupLeakedBackup)),
}
