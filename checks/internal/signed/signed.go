// SPDX-License-Identifier: Apache-2.0

// Package signed sorts out what the checks of signatures cannot judge: domains
// that are not signed, and chains that could not be followed.
package signed

import (
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Settled returns the verdict on a domain of which no signed zone was reached,
// and whether there is one.
func Settled(f fact.DNSSEC) (scanner.Verdict, bool) {
	values := scanner.Values{"zone": f.Zone, "cause": string(f.Reason)}
	switch {
	case f.Absent:
		return scanner.Exempt("no-domain", nil), true
	case f.State == fact.Insecure && (f.Reason == fact.NoDS || f.Reason == fact.OptOut):
		return scanner.Exempt("not-signed", nil), true
	case f.State == fact.Secure && f.Zone != f.Name:
		return scanner.Exempt("not-a-zone", scanner.Values{"zone": f.Zone}), true
	case f.State != fact.Secure:
		return scanner.Unknown("unproven", values), true
	case !slices.ContainsFunc(f.Servers, Asked):
		return scanner.Unknown("no-server", nil), true
	}
	return scanner.Verdict{}, false
}

// Asked tells whether a server was asked.
func Asked(s fact.DNSSECServer) bool { return s.Contact == fact.ContactAsked }

// Servers names the servers asked of which a set is as told.
func Servers(f fact.DNSSEC, told func(fact.SignedSet) bool) []string {
	var names []string
	for _, s := range f.Servers {
		if Asked(s) && slices.ContainsFunc(s.Sets, told) {
			names = append(names, s.Server)
		}
	}
	return names
}

// Unanswered tells that a question got no answer.
func Unanswered(set fact.SignedSet) bool { return set.Answer == fact.NoAnswer }

// NotAsked names the servers of the domain that were not asked, though others
// were: what these serve is only what the others should be serving too.
func NotAsked(f fact.DNSSEC) []string {
	var names []string
	for _, s := range f.Servers {
		if !Asked(s) {
			names = append(names, s.Server)
		}
	}
	return names
}
