// SPDX-License-Identifier: Apache-2.0

// Package certificateinforce checks that every provider that hosts health data
// holds a certificate in force, on the present requirements.
package certificateinforce

import (
	"time"

	"carescan/checks/internal/hosted"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the dates of the change of requirements.
type Params struct {
	// FirstVersionUntil is the last day, as 2006-01-02, on which a certificate
	// on the first version of the requirements is accepted. Source:
	// regulation.md section 4.1, known and not found in an official page.
	FirstVersionUntil time.Time `json:"first_version_until"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "hosting.certificate-in-force", Revision: 2, Severity: scanner.Critical,
	References: []string{"HDS-02", "HDS-03", "HDS-04", "HDS-08"},
	Judge: scanner.Each(Params{
		FirstVersionUntil: time.Date(2026, time.May, 16, 0, 0, 0, 0, time.UTC),
	}, judge),
}

// judge tells every failure of the chain, else every doubt. A link that performs
// no hosting activity needs no certificate.
func judge(c scanner.Case[Params], h fact.Hosting) scanner.Verdict {
	if v, settled := hosted.Settled(h); settled {
		return v
	}
	var verdicts []scanner.Verdict
	for _, link := range h.Chain {
		if len(link.Activities) > 0 {
			for _, v := range judgeLink(c, link) {
				v.Values["application"] = h.Application
				verdicts = append(verdicts, v)
			}
		}
	}
	if len(verdicts) == 0 {
		return scanner.Unknown("no-activity", scanner.Values{"application": h.Application})
	}
	return inGroup(h, scanner.Together(verdicts))
}

// inGroup leaves a failure open inside a group of hospitals: three documents,
// which this register does not hold, may exempt it (HDS-31).
func inGroup(h fact.Hosting, v scanner.Verdict) scanner.Verdict {
	if h.Mode == fact.HostedByGHT && v.Outcome == scanner.Fail {
		return scanner.Unknown("group", scanner.Values{"application": h.Application})
	}
	return v
}
