// SPDX-License-Identifier: Apache-2.0

package attested_test

import (
	"testing"

	"carescan/checks/internal/attested"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// A finding and its message tell the strength of a statement alike.
func TestStrengthOfStatement(t *testing.T) {
	seen := scanner.Observation{Kind: "attestations", Vantage: scanner.VantageDeclared}
	for name, tt := range map[string]struct {
		document string
		want     scanner.Strength
	}{
		"without_document": {"", scanner.Declared},
		"with_document":    {"sha256:00", scanner.Attested},
	} {
		t.Run(name, func(t *testing.T) {
			a := fact.Attestation{Document: tt.document}
			v := attested.By(a, scanner.Passed("approved", attested.Values(a)))
			if got := v.Outcome.StandsOn(v.Backed, seen); got != tt.want || v.Values["stated"] != string(tt.want) {
				t.Errorf("stands on %q and says %q, want %q", got, v.Values["stated"], tt.want)
			}
		})
	}
}
