// SPDX-License-Identifier: Apache-2.0

// Package registered says what a check may conclude when the registry did not
// tell about a domain.
package registered

import (
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Settled returns the verdict on a domain the registry said nothing of, and
// whether there is one. A domain it does not know may belong to another registry.
func Settled(r fact.Registration) (scanner.Verdict, bool) {
	switch r.Domain.State {
	case fact.Registered:
		return scanner.Verdict{}, false
	case fact.NotRegistered:
		return scanner.Unknown("not-found", scanner.Values{"name": r.Name}), true
	case fact.RegistryNotAsked:
		if r.Service == "" {
			return scanner.Unknown("no-service", nil), true
		}
		return silent(r, "not-asked", "not-asked-because"), true
	case fact.RegistryNoAnswer:
	}
	return silent(r, "no-answer", "no-answer-because"), true
}

// silent is the verdict when there is no answer: facts sealed before 2026-12 do not
// tell why.
func silent(r fact.Registration, reason, because string) scanner.Verdict {
	values := scanner.Values{"service": r.Service}
	if r.Domain.Cause.Code == "" {
		return scanner.Unknown(reason, values)
	}
	return scanner.Unknown(because, values).Because(r.Domain.Cause)
}

// Codes writes status codes as registrars show them (RFC 8056 section 2): "client
// transfer prohibited" is clientTransferProhibited, in any language.
func Codes(status []string) string {
	codes := make([]string, 0, len(status))
	for _, s := range status {
		words := strings.Fields(s)
		for i := range words[min(1, len(words)):] {
			words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
		}
		codes = append(codes, strings.Join(words, ""))
	}
	return strings.Join(codes, ", ")
}
