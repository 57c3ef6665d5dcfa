// SPDX-License-Identifier: Apache-2.0

// Package attested finds the statement that counts among those of an
// establishment.
package attested

import (
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Latest returns the newest statement on a topic about an event that has taken
// place at a moment. Without one, the verdict says why, and ok is false.
func Latest(f fact.Attestations, topic string, at time.Time) (latest fact.Attestation, v scanner.Verdict, ok bool) {
	v = scanner.Unknown("none-stated", nil)
	for _, a := range f.Items {
		switch {
		case a.Topic != topic || a.Date.IsZero():
		case a.Date.After(at):
			v = scanner.Unknown("planned", scanner.Values{"date": a.Date.Format(time.DateOnly)})
		case a.Date.After(latest.Date):
			latest, ok = a, true
		}
	}
	return latest, v, ok
}
