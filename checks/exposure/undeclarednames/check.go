// SPDX-License-Identifier: Apache-2.0

// Package undeclarednames lists the names of the domain that answer and that
// the establishment has not declared.
package undeclarednames

import (
	"strconv"

	"carescan/checks/internal/inventoried"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds. It never fails: the catalogue asks for
// a list to confirm, not for a fault.
var Check = scanner.Check{
	ID: "exposure.undeclared-names", Revision: 2, Severity: scanner.Low,
	References: []string{"EXP-DNS-16"},
	Reads:      []string{fact.InventoryNames, fact.InventoryAddresses},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge lists. Without a log of certificates nobody has really looked, and the
// list of what was found by chance does not conclude.
func judge(_ scanner.Case[struct{}], f fact.Inventory) scanner.Verdict {
	var candidates, unseen []string
	for _, a := range f.Assets {
		if a.Own && !a.Declared && a.Answer == fact.NoAnswer {
			unseen = append(unseen, a.Name)
		}
		if a.Candidate() {
			candidates = append(candidates, a.Name)
		}
	}
	values := inventoried.Names(candidates)
	values["count"] = strconv.Itoa(len(candidates))
	switch {
	case f.LogCause.Code != "" && len(candidates) > 0:
		return scanner.Unknown("log-unread-some", values).Because(f.LogCause)
	case f.LogCause.Code != "":
		return scanner.Unknown("log-unread", nil).Because(f.LogCause)
	case f.Log == "" && len(candidates) > 0:
		return scanner.Unknown("no-log-some", values)
	case f.Log == "":
		return scanner.Unknown("no-log", nil)
	case len(candidates) > 0:
		return scanner.Passed("candidates", values)
	case f.Omitted > 0:
		return scanner.Unknown("too-many", scanner.Values{"more": strconv.Itoa(f.Omitted)})
	case len(unseen) > 0:
		return scanner.Unknown("unseen", inventoried.Names(unseen))
	}
	return scanner.Passed("none", nil)
}
