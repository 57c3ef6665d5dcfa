// SPDX-License-Identifier: Apache-2.0

package zonetransfer

import (
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// asClient lists the servers of declared providers: an ordinary client does not ask
// for a zone.
func asClient(t fact.Transfer) []string {
	var names []string
	for _, try := range t.Tries {
		if try.Meeting == scanner.MetAsClient && !slices.Contains(names, try.Server) {
			names = append(names, try.Server)
		}
	}
	return names
}
