// SPDX-License-Identifier: Apache-2.0

// Package dnssecchain checks that the signatures of a domain hold on each of its
// servers, from the root down.
package dnssecchain

import (
	"slices"
	"strings"

	"carescan/checks/internal/signed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.dnssec-chain", Revision: 4, Severity: scanner.Critical,
	References: []string{"EXP-DNS-10"},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.DNSSEC) scanner.Verdict {
	f = signed.Serving(f)
	for _, look := range []func(fact.DNSSEC) (scanner.Verdict, bool){delegation, signed.Settled, servers, doubts, disagreement} {
		if v, found := look(f); found {
			return v
		}
	}
	return passed(f)
}

// delegation is at fault when the parent publishes of the domain what cannot be
// proven; a fault higher up is not the domain's, and nothing is concluded.
func delegation(f fact.DNSSEC) (scanner.Verdict, bool) {
	if f.Zone == f.Name {
		return scanner.Failed("delegation", signed.Why(f)), f.State == fact.Bogus
	}
	return scanner.Unknown("above", signed.Why(f)), f.State == fact.Bogus
}

// faults are the reasons told apart, the deepest cause first.
func faults() []fact.SecurityReason {
	return []fact.SecurityReason{
		fact.DSWithoutKey, fact.DSMismatch, fact.SignatureExpired, fact.SignatureEarly, fact.SignatureWrong,
		fact.SignatureMissing, fact.NoMatchingKey, fact.DenialNotProven,
	}
}

// servers fails on a single server (RFC 4035 section 5): resolvers that happen
// to ask it find the domain broken. A key that is not trusted follows from another
// fault, and is told when there is none.
func servers(f fact.DNSSEC) (scanner.Verdict, bool) {
	var found []scanner.Verdict
	for _, fault := range append(faults(), fact.KeyNotTrusted) {
		because := func(set fact.SignedSet) bool { return set.State == fact.Bogus && set.Reason == fault }
		names := signed.Servers(f, because)
		if len(names) == 0 || fault == fact.KeyNotTrusted && len(found) > 0 {
			continue
		}
		found = append(found, scanner.Failed(string(fault), signed.Through(f, scanner.Values{
			"servers": strings.Join(names, ", "), "sets": strings.Join(types(f, because), ", "),
		})))
	}
	if len(found) == 0 {
		return scanner.Verdict{}, false
	}
	return scanner.Together(found), true
}

// types lists the types of the sets that are as told, each once.
func types(f fact.DNSSEC, told func(fact.SignedSet) bool) []string {
	var sets []fact.SignedSet
	for _, s := range f.Servers {
		sets = append(sets, slices.DeleteFunc(slices.Clone(s.Sets), func(set fact.SignedSet) bool { return !told(set) })...)
	}
	return signed.Types(sets)
}

func doubts(f fact.DNSSEC) (scanner.Verdict, bool) {
	unknown := func(set fact.SignedSet) bool { return set.State != fact.Secure && set.State != fact.Insecure }
	names := signed.Servers(f, unknown)
	return scanner.Unknown("incomplete", signed.Through(f, scanner.Values{
		"servers": strings.Join(names, ", "), "sets": strings.Join(types(f, unknown), ", "),
	})), len(names) > 0
}

// disagreement is a resolver that refuses what holds for us (RFC 4035 section
// 5.5): one of the two is wrong, or the zone has just changed.
func disagreement(f fact.DNSSEC) (scanner.Verdict, bool) {
	for _, o := range f.Opinions {
		if o.Answered && o.Code == "SERVFAIL" {
			return scanner.Unknown("disagreement", scanner.Values{"resolver": o.Resolver}), true
		}
	}
	return scanner.Verdict{}, false
}

// passed says whether a second validator agrees. Absences that no signature
// protects, because of NSEC3 opt-out or iterations, are said too.
func passed(f fact.DNSSEC) scanner.Verdict {
	var seen []string
	for _, s := range f.Servers {
		if signed.Asked(s) {
			seen = append(seen, s.Server)
		}
	}
	values := scanner.Values{"servers": strings.Join(seen, ", ")}
	open := func(set fact.SignedSet) bool { return set.State == fact.Insecure }
	switch {
	case len(signed.Servers(f, open)) > 0:
		return scanner.Passed("absences-open", values)
	case len(signed.NotAsked(f)) > 0:
		values["others"] = strings.Join(signed.NotAsked(f), ", ")
		return scanner.Passed("secure-some", values)
	case slices.ContainsFunc(f.Opinions, func(o fact.DNSSECOpinion) bool { return o.Authentic }):
		return scanner.Passed("secure", values)
	}
	return scanner.Passed("secure-alone", values)
}
