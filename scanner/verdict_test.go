// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"testing"

	"carescan/scanner"
)

func TestWorst(t *testing.T) {
	pass, unknown, own := scanner.Passed("p", nil), scanner.Unknown("u", nil), scanner.Failed("own", nil)
	low, high := scanner.FailedAs(scanner.Low, "low", nil), scanner.FailedAs(scanner.High, "high", nil)
	for want, given := range map[string][]scanner.Verdict{
		"u": {pass, unknown, scanner.Exempt("e", nil)}, "high": {pass, low, high, unknown}, "own": {high, own}, "low": {unknown, low}, "p": {pass},
	} {
		if got := scanner.Worst(given); got.Reason != want {
			t.Errorf("worst is %s, want %s", got.Reason, want)
		}
	}
}

func TestRanks(t *testing.T) {
	for i, o := range scanner.Outcomes() {
		if o.Rank() != i {
			t.Errorf("rank of %s = %d, want %d", o, o.Rank(), i)
		}
	}
	for i, s := range scanner.Severities() {
		if s.Rank() != i {
			t.Errorf("rank of %s = %d, want %d", s, s.Rank(), i)
		}
	}
	if last := scanner.Severity("").Rank(); last != len(scanner.Severities()) {
		t.Errorf("no severity ranks %d, want last", last)
	}
}
