// SPDX-License-Identifier: Apache-2.0

// Package openrecursion checks that name servers do not resolve names for
// strangers.
package openrecursion

import (
	"slices"
	"strings"

	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.open-recursion", Revision: 3, Severity: scanner.Medium,
	References: []string{"EXP-DNS-08"},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge fails on a single server that resolves; passing needs an answer without
// recursion from every one that exists.
func judge(_ scanner.Case[struct{}], r fact.Recursion) scanner.Verdict {
	open, silent, kept, offering := withResult(r, fact.RecursionOpen), failed(r), notAsked(r), offers(r)
	list := func(names []string) scanner.Values { return scanner.Values{"servers": strings.Join(names, ", ")} }
	switch {
	case len(open) > 0:
		return scanner.Failed("open", list(open))
	case len(r.Tries) == 0 && r.NS == fact.NXDomain:
		return named.Absent()
	case len(r.Tries) == 0 && r.NS == fact.NoData:
		return scanner.Exempt("not-a-zone", nil)
	case len(r.Tries) == 0:
		return named.Unserved()
	case silent.Any():
		return silent.Unanswered()
	case len(undeclared(r)) > 0:
		return named.Undeclared(undeclared(r))
	case kept.Any():
		return kept.NotAsked()
	case len(offering) > 0:
		return scanner.Unknown("offered", list(offering))
	case r.More > 0:
		return named.Crowded()
	case len(withResult(r, fact.RecursionNoAddress)) == len(r.Tries):
		return named.Nobody()
	}
	return scanner.Passed("closed", list(slices.Concat(withResult(r, fact.RecursionRefused), withResult(r, fact.RecursionNone))))
}

// withResult lists the servers of a result, with the address at fault.
func withResult(r fact.Recursion, result fact.RecursionResult) []string {
	var names []string
	for _, try := range r.Tries {
		if try.Result == result {
			names = append(names, place(try))
		}
	}
	return names
}

func place(try fact.RecursionTry) string { return strings.TrimSpace(try.Server + " " + try.Address) }

func failed(r fact.Recursion) *named.Doubts {
	var doubts named.Doubts
	for _, try := range r.Tries {
		if try.Result == fact.RecursionFailed {
			doubts.Add(place(try), try.Cause, scanner.CauseTimeout)
		}
	}
	return &doubts
}

// notAsked are the servers that we did not ask; offers tells those that were asked
// what a client may. One known by its other address is judged on that one, when this
// one lacked a route only.
func notAsked(r fact.Recursion) *named.Doubts {
	var doubts named.Doubts
	for _, try := range r.Tries {
		asked := slices.ContainsFunc(r.Tries, func(other fact.RecursionTry) bool {
			return other.Server == try.Server && other.Result != fact.RecursionNoRoute
		})
		switch {
		case try.Result == fact.RecursionNotAsked && !try.Offered:
			doubts.Add(place(try), try.Cause, scanner.CauseOutOfScope)
		case try.Result == fact.RecursionNoRoute && !asked:
			doubts.Add(place(try), try.Cause, scanner.CauseUnreachable)
		}
	}
	return &doubts
}
