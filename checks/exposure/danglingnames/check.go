// SPDX-License-Identifier: Apache-2.0

// Package danglingnames checks that no name of the domain leads to a hosted
// service that is not there any more.
package danglingnames

import (
	"carescan/checks/internal/inventoried"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.dangling-names", Revision: 3, Severity: scanner.High,
	References: []string{"EXP-DNS-14"},
	Confirm:    scanner.ConfirmLater,
	Reads:      []string{fact.InventoryAddresses},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge fails high on a name that anybody may take over, and low on one whose
// provider is unknown: nobody can tell who may take that one.
func judge(_ scanner.Case[struct{}], f fact.Inventory) scanner.Verdict {
	claimable := names(f, func(a fact.Asset) bool { return a.Dangling != nil && a.Dangling.Claimable })
	lost := names(f, func(a fact.Asset) bool { return a.Dangling != nil && !a.Dangling.Claimable })
	unseen := names(f, func(a fact.Asset) bool { return a.Own && a.Answer == fact.NoAnswer })
	unread := names(f, func(a fact.Asset) bool { return a.Unread != "" })
	var faults []scanner.Verdict
	if len(claimable) > 0 {
		faults = append(faults, scanner.Failed("claimable", inventoried.Names(claimable)))
	}
	if len(lost) > 0 {
		faults = append(faults, scanner.FailedAs(scanner.Low, "lost", inventoried.Names(lost)))
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case len(unseen) > 0:
		return scanner.Unknown("unseen", inventoried.Names(unseen))
	case len(unread) > 0:
		return scanner.Unknown("unread", inventoried.Names(unread))
	}
	if v, settled := inventoried.Settled(f); settled {
		return v
	}
	return scanner.Passed("none", nil)
}

func names(f fact.Inventory, is func(fact.Asset) bool) []string {
	var found []string
	for _, a := range f.Assets {
		if !is(a) {
			continue
		}
		name := a.Name
		if a.Dangling != nil {
			name += " → " + a.Dangling.Target
		}
		found = append(found, name)
	}
	return found
}
