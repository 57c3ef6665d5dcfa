// SPDX-License-Identifier: Apache-2.0

// Package udpamplifiers checks that no UDP service that can amplify an
// attack, nor SNMP, answers from the internet.
package udpamplifiers

import (
	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.udp-amplifiers", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-SVC-13"},
	Judge:      scanner.Each(struct{}{}, exposed.None(fact.GroupAmplifier)),
}
