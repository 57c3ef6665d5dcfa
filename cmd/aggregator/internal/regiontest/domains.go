// SPDX-License-Identifier: Apache-2.0

package regiontest

import (
	"fmt"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// ManyDomains makes the run of an honest agent that asked for the mail policy of so many
// domains, none of which exists: one fact each, and one finding for each check that
// reads it.
func ManyDomains(t testing.TB, site scanner.Establishment, ended time.Time, domains int) scanner.Run {
	t.Helper()
	observations := make([]scanner.Observation, domains)
	for i := range observations {
		name := fmt.Sprintf("d%05d.chu.test", i)
		o := must(scanner.Saw(scanner.DomainTarget(name), fact.MailPolicy{Name: name, Answer: fact.NXDomain}))(t)
		o.At, o.Vantage, o.Probe = ended, scanner.VantageInternet, "mail-policy"
		observations[i] = o.Identify()
	}
	return Concluded(t, site, ended, scanner.VantageInternet, observations...)
}
