// SPDX-License-Identifier: Apache-2.0

// Package hosted says which applications of the hosting register fall under the
// certification of health data hosts.
package hosted

import (
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Settled returns the verdict on an application that needs no certified host,
// or whose hosting is not described, and whether there is one. Hosting one's
// own data for one's own care asks for no certificate (article L.1111-8 CSP).
func Settled(h fact.Hosting) (scanner.Verdict, bool) {
	application := scanner.Values{"application": h.Application}
	switch {
	case !h.HealthData:
		return scanner.Exempt("no-health-data", application), true
	case h.Mode == fact.HostedInternally:
		return scanner.Exempt("own-hosting", application), true
	case len(h.Chain) == 0:
		return scanner.Unknown("no-chain", application), true
	}
	return scanner.Verdict{}, false
}
