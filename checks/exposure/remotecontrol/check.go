// SPDX-License-Identifier: Apache-2.0

// Package remotecontrol checks that no screen of the hospital can be
// taken over from the internet.
package remotecontrol

import (
	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.remote-control", Revision: 2, Severity: scanner.Critical,
	References: []string{"EXP-SVC-01"},
	Judge:      scanner.Each(struct{}{}, exposed.None(fact.GroupRemoteControl)),
}
