// SPDX-License-Identifier: Apache-2.0

// Package caarecord checks that a domain names the authorities allowed to issue
// its certificates.
package caarecord

import (
	"cmp"
	"slices"
	"strings"

	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.caa-record", Revision: 5, Severity: scanner.Medium,
	References: []string{"EXP-DNS-13"},
	Reads:      []string{fact.ZoneCAA},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge climbs from the name: the first set found is the one that applies
// (RFC 8659 section 3).
func judge(_ scanner.Case[struct{}], z fact.Zone) scanner.Verdict {
	for _, set := range z.CAA {
		if set.Answer == fact.Present {
			return judgeSet(set, z.Certificate)
		}
		if !set.Answer.Absent() {
			return scanner.Unknown("no-answer", nil)
		}
	}
	switch {
	case len(z.CAA) == 0:
		return scanner.Unknown("no-answer", nil)
	case z.CAA[0].Answer == fact.NXDomain:
		return named.Absent()
	}
	return scanner.FailedAs(scanner.Low, "absent", nil)
}

func judgeSet(set fact.RecordSet, inPlace *fact.SiteCertificate) scanner.Verdict {
	var properties []Property
	var faults []scanner.Verdict
	unread, closed := false, false
	for _, text := range set.Values {
		p, ok := ParseProperty(text)
		switch {
		case !ok || p.malformed():
			faults = append(faults, scanner.Failed("malformed", scanner.Values{"name": set.Name, "record": text}))
		case p.Critical && !p.known():
			faults = append(faults, scanner.Failed("unknown-critical", scanner.Values{"name": set.Name, "tag": p.Tag}))
			closed = true
		}
		unread = unread || !ok
		properties = append(properties, p)
	}
	switch rules := slices.ContainsFunc(properties, func(p Property) bool { return p.Tag == "issue" }); {
	case unread: // what it was meant to allow is not known
	case rules:
		faults = append(faults, judgeIssuers(set.Name, issuersOf(properties), inPlace))
	case !closed:
		// Without "issue", anybody may issue (RFC 8659 section 4.2), unless a property
		// that nobody knows forbids it to all (section 4.1).
		faults = append(faults, scanner.FailedAs(scanner.Low, "unrestricted", scanner.Values{"name": set.Name}))
	}
	return scanner.Together(faults)
}

// issuersOf lists the authorities named, once each; a malformed property names none
// (RFC 8659 section 4.2).
func issuersOf(properties []Property) []string {
	var issuers []string
	for _, p := range properties {
		if p.issues() && !p.malformed() && p.issuer() != "" {
			issuers = append(issuers, p.issuer())
		}
	}
	slices.Sort(issuers)
	return slices.Compact(issuers)
}

// judgeIssuers compares the authorities named with the one that issued the
// certificate in place, when that one is known: unless it is listed, the next
// renewal is refused.
func judgeIssuers(name string, issuers []string, inPlace *fact.SiteCertificate) scanner.Verdict {
	values := scanner.Values{"name": name, "authorities": cmp.Or(strings.Join(issuers, ", "), "—")}
	var known []string
	if inPlace != nil {
		known, values["issuer"] = namesOf(inPlace.Issuer), inPlace.Issuer
	}
	switch {
	case len(known) > 0 && !allowed(known, issuers):
		return scanner.FailedAs(scanner.Low, "not-listed", values)
	case len(issuers) == 0:
		return scanner.Passed("nobody", scanner.Values{"name": name})
	case len(known) > 0:
		return scanner.Passed("matching", values)
	}
	delete(values, "issuer")
	return scanner.Passed("restricted", values)
}
