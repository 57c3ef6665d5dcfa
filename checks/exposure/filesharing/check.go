// SPDX-License-Identifier: Apache-2.0

// Package filesharing checks that no file share answers from the
// internet.
package filesharing

import (
	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.file-sharing", Revision: 2, Severity: scanner.Critical,
	References: []string{"EXP-SVC-02"},
	Judge:      scanner.Each(struct{}{}, exposed.None(fact.GroupFileSharing)),
}
