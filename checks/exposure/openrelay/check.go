// SPDX-License-Identifier: Apache-2.0

// Package openrelay checks that mail servers carry no mail between strangers.
package openrelay

import (
	"carescan/checks/internal/reception"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.open-relay", Revision: 2, Severity: scanner.Critical,
	References: []string{"EXP-MAIL-20"},
	Reads:      []string{fact.MailServerHosts},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge has no object until somebody authorised the question, which is of level
// P3 (exposure-checks.md section 1.3).
func judge(_ scanner.Case[struct{}], f fact.MailServers) scanner.Verdict {
	if v, settled := reception.Settled(f); settled {
		return v
	}
	if !f.RelayAllowed {
		return scanner.Exempt("not-authorised", nil)
	}
	results := map[fact.RelayResult][]string{}
	for label, h := range reception.Hosts(f) {
		if h.Server.Meeting != scanner.MetAsClient {
			results[h.Relay] = append(results[h.Relay], label)
		}
	}
	switch refused := results[fact.RelayRefused]; {
	case len(results[fact.RelayAccepted]) > 0:
		return scanner.Failed("accepted", reception.Servers(results[fact.RelayAccepted]))
	case len(results) > 1 || len(refused) == 0 && len(results) > 0:
		delete(results, fact.RelayRefused)
		return reception.Doubt("unclear", others(results))
	}
	if v, met := reception.AsClient(f); met {
		return v
	}
	if v, unseen := reception.Unseen(f); unseen {
		return v
	}
	return scanner.Passed("refused", reception.Servers(results[fact.RelayRefused]))
}

func others(results map[fact.RelayResult][]string) []string {
	var labels []string
	for _, l := range results {
		labels = append(labels, l...)
	}
	return labels
}
