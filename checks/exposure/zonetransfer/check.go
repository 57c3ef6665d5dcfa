// SPDX-License-Identifier: Apache-2.0

// Package zonetransfer checks that name servers do not hand the whole zone to
// strangers.
package zonetransfer

import (
	"slices"
	"strconv"
	"strings"

	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.zone-transfer", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-DNS-07"},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge fails on a single server that delivers; passing needs a refusal from
// every one of them.
func judge(_ scanner.Case[struct{}], t fact.Transfer) scanner.Verdict {
	servers, most := byResult(t)
	clients := asClient(t)
	kept := slices.DeleteFunc(slices.Concat(servers[fact.TransferNotAsked], unrouted(t)), func(name string) bool { return slices.Contains(clients, name) })
	list := func(names []string) scanner.Values { return scanner.Values{"servers": strings.Join(names, ", ")} }
	switch {
	case len(servers[fact.TransferDelivered]) > 0:
		return delivered(list(servers[fact.TransferDelivered]), most)
	case len(t.Tries) == 0:
		return nobody(t)
	case len(kept) > 0:
		return scanner.Unknown("not-asked", list(kept))
	case len(servers[fact.TransferFailed]) > 0:
		return scanner.Unknown("failed", list(servers[fact.TransferFailed]))
	case len(clients) > 0:
		return scanner.Unknown("provider", list(clients))
	}
	return scanner.Passed("refused", list(servers[fact.TransferRefused]))
}

// delivered is graver when the zone shows the inside (EXP-DNS-07).
func delivered(values scanner.Values, most fact.TransferTry) scanner.Verdict {
	values["records"] = strconv.Itoa(most.Records)
	if most.Internal > 0 {
		values["internal"] = strconv.Itoa(most.Internal)
		return scanner.FailedAs(scanner.High, "delivered-inside", values)
	}
	return scanner.Failed("delivered", values)
}

// nobody tells a name that is no zone from a zone whose servers are not known.
func nobody(t fact.Transfer) scanner.Verdict {
	switch t.NS {
	case fact.NXDomain:
		return named.Absent()
	case fact.NoData:
		return scanner.Exempt("not-a-zone", nil)
	case fact.Present, fact.NoAnswer:
	}
	return named.Unserved()
}

// unrouted lists the servers none of whose addresses could be reached for want
// of a route: a server known by its other address is judged on that one.
func unrouted(t fact.Transfer) []string {
	var names []string
	for _, try := range t.Tries {
		asked := slices.ContainsFunc(t.Tries, func(other fact.TransferTry) bool {
			return other.Server == try.Server && other.Result != fact.TransferNoRoute
		})
		if try.Result == fact.TransferNoRoute && !asked {
			names = append(names, try.Server)
		}
	}
	return names
}

// byResult groups the servers by how the attempt ended, and returns the most
// that one of them delivered.
func byResult(t fact.Transfer) (servers map[fact.TransferResult][]string, most fact.TransferTry) {
	servers = map[fact.TransferResult][]string{}
	for _, try := range t.Tries {
		servers[try.Result] = append(servers[try.Result], try.Server)
		most.Records, most.Internal = max(most.Records, try.Records), max(most.Internal, try.Internal)
	}
	return servers, most
}
