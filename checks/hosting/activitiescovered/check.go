// SPDX-License-Identifier: Apache-2.0

// Package activitiescovered checks that the certificates of a hosting chain
// cover together every activity really performed.
package activitiescovered

import (
	"slices"
	"strconv"
	"strings"

	"carescan/checks/internal/hosted"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "hosting.activities-covered", Revision: 1, Severity: scanner.Critical,
	References: []string{"HDS-05"},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], h fact.Hosting) scanner.Verdict {
	if v, settled := hosted.Settled(h); settled {
		return v
	}
	if len(h.Activities) == 0 {
		return scanner.Unknown("no-activity", scanner.Values{"application": h.Application})
	}
	missing := slices.DeleteFunc(slices.Clone(h.Activities), func(activity int) bool {
		return slices.Contains(certified(h.Chain), activity)
	})
	values := scanner.Values{
		"application": h.Application, "activities": list(h.Activities), "missing": list(missing),
	}
	switch {
	case len(missing) == 0:
		return scanner.Passed("covered", values)
	case h.Mode == fact.HostedByGHT:
		// Three documents may exempt a group of hospitals (HDS-31).
		return scanner.Unknown("group", values)
	}
	return scanner.Failed("uncovered", values)
}

// certified is the union over the chain, as R.1111-9 CSP has it.
func certified(chain []fact.HostLink) (activities []int) {
	for _, link := range chain {
		if link.Certificate != nil {
			activities = append(activities, link.Certificate.Activities...)
		}
	}
	return activities
}

func list(activities []int) string {
	words := make([]string, 0, len(activities))
	for _, a := range slices.Sorted(slices.Values(activities)) {
		words = append(words, strconv.Itoa(a))
	}
	return strings.Join(slices.Compact(words), ", ")
}
