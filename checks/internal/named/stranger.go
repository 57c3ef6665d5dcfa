// SPDX-License-Identifier: Apache-2.0

package named

import (
	"slices"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Undeclared is the verdict on a domain some of whose servers are neither in the
// scope nor declared as a provider's: nobody asked them. The names are what a
// person must declare.
func Undeclared(names []string) scanner.Verdict {
	return scanner.Unknown("stranger", scanner.Values{"servers": strings.Join(slices.Sorted(slices.Values(names)), ", ")})
}

// Strangers are the name servers that were not asked for being somebody else's.
func Strangers(d fact.Delegation) []string {
	var names []string
	for _, server := range d.Servers {
		if slices.ContainsFunc(server.Addresses, func(at fact.ServerAddress) bool {
			return at.UDP.State == fact.ServerNotAsked && at.Meeting == scanner.NotDeclared
		}) {
			names = append(names, server.Host)
		}
	}
	return names
}
