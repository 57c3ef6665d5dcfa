// SPDX-License-Identifier: Apache-2.0

// Package zonetransfer checks that name servers do not hand the whole zone to
// strangers.
package zonetransfer

import (
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.zone-transfer", Revision: 1, Severity: scanner.Medium,
	References: []string{"EXP-DNS-07"},
	Vantage:    scanner.VantageInternet,
	Confirm:    scanner.ConfirmAtOnce,
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge fails on a single server that delivers; passing needs a refusal from
// every one of them.
func judge(_ scanner.Case[struct{}], t fact.Transfer) scanner.Verdict {
	servers, records := byResult(t)
	list := func(r fact.TransferResult) scanner.Values {
		return scanner.Values{"servers": strings.Join(servers[r], ", ")}
	}
	switch {
	case len(servers[fact.TransferDelivered]) > 0:
		values := list(fact.TransferDelivered)
		values["records"] = strconv.Itoa(records)
		return scanner.Failed("delivered", values)
	case len(t.Tries) == 0:
		return scanner.Unknown("no-server", nil)
	case len(servers[fact.TransferNotAsked]) > 0:
		return scanner.Unknown("not-asked", list(fact.TransferNotAsked))
	case len(servers[fact.TransferRefused]) < len(t.Tries):
		return scanner.Unknown("failed", list(fact.TransferFailed))
	}
	return scanner.Passed("refused", list(fact.TransferRefused))
}

// byResult groups the servers by how the attempt ended, and returns the most
// records one of them delivered.
func byResult(t fact.Transfer) (servers map[fact.TransferResult][]string, records int) {
	servers = map[fact.TransferResult][]string{}
	for _, try := range t.Tries {
		servers[try.Result] = append(servers[try.Result], try.Server)
		records = max(records, try.Records)
	}
	return servers, records
}
