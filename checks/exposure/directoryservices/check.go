// SPDX-License-Identifier: Apache-2.0

// Package directoryservices checks that the directory of the hospital
// does not answer from the internet.
package directoryservices

import (
	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.directory-services", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-SVC-06"},
	Judge:      scanner.Each(struct{}{}, exposed.None(fact.GroupDirectory)),
}
