// SPDX-License-Identifier: Apache-2.0

// Package registered says what a check may conclude when the registry did not
// tell about a domain.
package registered

import (
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Settled returns the verdict on a domain the registry said nothing of, and
// whether there is one. A domain it does not know may belong to another registry.
func Settled(r fact.Registration) (scanner.Verdict, bool) {
	service := scanner.Values{"service": r.Service}
	switch r.Domain.State {
	case fact.Registered:
		return scanner.Verdict{}, false
	case fact.NotRegistered:
		return scanner.Unknown("not-found", scanner.Values{"name": r.Name}), true
	case fact.RegistryNotAsked:
		if r.Service == "" {
			return scanner.Unknown("no-service", nil), true
		}
		return scanner.Unknown("not-asked", service), true
	case fact.RegistryNoAnswer:
	}
	return scanner.Unknown("no-answer", service), true
}
