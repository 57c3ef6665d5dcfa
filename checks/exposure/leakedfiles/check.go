// SPDX-License-Identifier: Apache-2.0

// Package leakedfiles checks that no source control folder,
// configuration or key can be read on a site.
package leakedfiles

import (
	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.leaked-files", Revision: 1, Severity: scanner.Critical,
	References: []string{"EXP-HTTP-12"},
	Judge:      scanner.Each(struct{}{}, templates.NoneFound(fact.GroupLeakedFile)),
}
