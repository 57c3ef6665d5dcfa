// SPDX-License-Identifier: Apache-2.0

// Package endpointsconsistent checks that an application answers from the
// networks of its declared hosting chain. It never fails: where an address sits
// is an indicator, never a proof.
package endpointsconsistent

import (
	"slices"
	"strconv"
	"strings"

	"carescan/checks/internal/hosted"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are what is expected of the networks.
type Params struct {
	// Countries are those, as ISO 3166 codes between spaces, where a network may
	// be registered without a question. Source: European Economic Area with its
	// outermost regions, regulation.md section 4.5.
	Countries string `json:"countries"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "hosting.endpoints-consistent", Revision: 2, Severity: scanner.Medium,
	References: []string{"HDS-13"},
	Judge:      scanner.Each(Params{Countries: area}, judge),
}

const area = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK " +
	"GF GP MF MQ RE YT"

func judge(c scanner.Case[Params], h fact.Hosting) scanner.Verdict {
	if v, settled := hosted.Settled(h); settled {
		return v
	}
	declared := networks(h.Chain)
	application := scanner.Values{"application": h.Application}
	switch {
	case len(h.Endpoints) == 0:
		return scanner.Unknown("no-endpoint", application)
	case len(declared) == 0:
		return scanner.Unknown("no-network", application)
	}
	verdicts := []scanner.Verdict{scanner.Passed("consistent", application)}
	for _, e := range h.Endpoints {
		verdicts = append(verdicts, judgeEndpoint(c.Params, declared, e)...)
	}
	return scanner.Together(verdicts)
}

func networks(chain []fact.HostLink) (asns []uint32) {
	for _, link := range chain {
		asns = append(asns, link.ASNs...)
	}
	return asns
}

// judgeEndpoint tells every question that the addresses of a name raise.
func judgeEndpoint(p Params, declared []uint32, e fact.Endpoint) (questions []scanner.Verdict) {
	if e.Error != "" || len(e.Addresses) == 0 {
		return []scanner.Verdict{scanner.Unknown("unresolved", scanner.Values{"host": e.Host})}
	}
	for _, a := range e.Addresses {
		values := scanner.Values{
			"host": e.Host, "address": a.IP, "country": a.Country,
			"network": "AS" + strconv.FormatUint(uint64(a.ASN), 10),
		}
		switch {
		case a.ASN == 0:
			questions = append(questions, scanner.Unknown("unknown-network", values))
		case !slices.Contains(declared, a.ASN):
			questions = append(questions, scanner.Unknown("foreign-network", values))
		case a.Country != "" && !slices.Contains(strings.Fields(p.Countries), a.Country):
			questions = append(questions, scanner.Unknown("foreign-country", values))
		}
	}
	return questions
}
