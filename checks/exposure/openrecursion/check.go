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
	ID: "exposure.open-recursion", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-DNS-08"},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge fails on a single server that resolves; passing needs an answer without
// recursion from every one of them.
func judge(_ scanner.Case[struct{}], r fact.Recursion) scanner.Verdict {
	open, silent := withResult(r, fact.RecursionOpen), withResult(r, fact.RecursionFailed)
	offering := offers(r)
	asked := func(name string) bool { return slices.Contains(offering, name) }
	kept := slices.Concat(slices.DeleteFunc(withResult(r, fact.RecursionNotAsked), asked), unrouted(r))
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
	case len(silent) > 0:
		return scanner.Unknown("failed", list(silent))
	case len(undeclared(r)) > 0:
		return named.Undeclared(undeclared(r))
	case len(kept) > 0:
		return scanner.Unknown("not-asked", list(kept))
	case len(offering) > 0:
		return scanner.Unknown("offered", list(offering))
	case r.More > 0:
		return named.Crowded()
	}
	return scanner.Passed("closed", list(slices.Concat(withResult(r, fact.RecursionRefused), withResult(r, fact.RecursionNone))))
}

// withResult lists the servers of a result, with the address at fault.
func withResult(r fact.Recursion, result fact.RecursionResult) []string {
	var names []string
	for _, try := range r.Tries {
		if try.Result == result {
			names = append(names, strings.TrimSpace(try.Server+" "+try.Address))
		}
	}
	return names
}

// unrouted lists the servers none of whose addresses could be reached for want
// of a route: a server known by its other address is judged on that one.
func unrouted(r fact.Recursion) []string {
	var names []string
	for _, try := range r.Tries {
		asked := slices.ContainsFunc(r.Tries, func(other fact.RecursionTry) bool {
			return other.Server == try.Server && other.Result != fact.RecursionNoRoute
		})
		if try.Result == fact.RecursionNoRoute && !asked {
			names = append(names, strings.TrimSpace(try.Server+" "+try.Address))
		}
	}
	return names
}
