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
	ID: "exposure.zone-transfer", Revision: 3, Severity: scanner.Medium,
	References: []string{"EXP-DNS-07"},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge fails on a single server that delivers; passing needs a refusal from
// every one that exists.
func judge(_ scanner.Case[struct{}], t fact.Transfer) scanner.Verdict {
	servers, most := byResult(t)
	kept, silent, clients := notAsked(t), failed(t), asClient(t)
	list := func(names []string) scanner.Values { return scanner.Values{"servers": strings.Join(names, ", ")} }
	switch {
	case len(servers[fact.TransferDelivered]) > 0:
		return delivered(list(servers[fact.TransferDelivered]), most)
	case len(t.Tries) == 0:
		return nobody(t)
	case kept.Any():
		return kept.NotAsked()
	case silent.Any():
		return silent.Unanswered()
	case len(clients) > 0:
		return scanner.Unknown("provider", list(clients))
	case len(servers[fact.TransferNoAddress]) == len(t.Tries):
		return named.Nobody()
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

func failed(t fact.Transfer) *named.Doubts {
	var doubts named.Doubts
	for _, try := range t.Tries {
		if try.Result == fact.TransferFailed {
			doubts.Add(place(try), try.Cause, scanner.CauseTimeout)
		}
	}
	return &doubts
}

// notAsked are the servers that we did not ask; asClient tells those of declared
// providers. One known by its other address is judged on that one, when this one
// lacked a route only.
func notAsked(t fact.Transfer) *named.Doubts {
	var doubts named.Doubts
	for _, try := range t.Tries {
		asked := slices.ContainsFunc(t.Tries, func(other fact.TransferTry) bool {
			return other.Server == try.Server && other.Result != fact.TransferNoRoute
		})
		switch {
		case try.Result == fact.TransferNotAsked && try.Meeting != scanner.MetAsClient:
			doubts.Add(place(try), try.Cause, scanner.CauseOutOfScope)
		case try.Result == fact.TransferNoRoute && !asked:
			doubts.Add(place(try), try.Cause, scanner.CauseUnreachable)
		}
	}
	return &doubts
}

func place(try fact.TransferTry) string { return strings.TrimSpace(try.Server + " " + try.Address) }

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
