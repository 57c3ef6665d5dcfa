// SPDX-License-Identifier: Apache-2.0

// Package nameserverspread checks that the name servers of a domain do not hang
// on one machine, one network or one operator.
package nameserverspread

import (
	"strings"

	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.name-server-spread", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-DNS-03"},
	Reads:      []string{fact.DelegationServers},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], d fact.Delegation) scanner.Verdict {
	switch d.Zone.Answer {
	case fact.NXDomain:
		return named.Absent()
	case fact.NoData:
		return scanner.Exempt("not-a-zone", nil)
	case fact.Present, fact.NoAnswer:
	}
	places := placesOf(d)
	v := places.judge()
	if v.Outcome != scanner.Pass && places.unknown != "" {
		// What is not known can only add to the spread.
		return scanner.Unknown("addresses-unknown", scanner.Values{"servers": places.unknown})
	}
	return v
}

// judge goes from the gravest want of spread to the least (RFC 2182 section 3.1). One
// is told: a graver want holds the others, and one remedy mends all.
func (p places) judge() scanner.Verdict {
	values := scanner.Values{"servers": strings.Join(p.hosts, ", ")}
	switch {
	case len(p.hosts) == 0:
		return scanner.Unknown("no-address", nil)
	case len(p.v4)+len(p.v6) == 1:
		return scanner.Failed("one-address", values)
	case len(p.hosts) == 1:
		return scanner.FailedAs(scanner.Low, "one-server", values)
	case !p.inTwoPrefixes():
		return scanner.FailedAs(scanner.Low, "same-prefix", values)
	case len(p.systems) > 1:
		return scanner.Passed("spread", values)
	case p.unlocated || len(p.systems) == 0:
		return scanner.Unknown("as-unknown", values)
	}
	return scanner.FailedAs(scanner.Low, "same-as", values)
}
