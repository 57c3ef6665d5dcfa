// SPDX-License-Identifier: Apache-2.0

package openrecursion

import (
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// undeclared lists the names of the servers that were not asked for being somebody
// else's.
func undeclared(r fact.Recursion) []string {
	var names []string
	for _, try := range r.Tries {
		if try.Result == fact.RecursionNotAsked && try.Meeting == scanner.NotDeclared && !slices.Contains(names, try.Server) {
			names = append(names, try.Server)
		}
	}
	return names
}

// offers lists the providers' servers that offer recursion: whether they resolve
// the names of others is more than a client may ask of them.
func offers(r fact.Recursion) []string {
	var names []string
	for _, try := range r.Tries {
		if try.Offered {
			names = append(names, place(try))
		}
	}
	return names
}
