// SPDX-License-Identifier: Apache-2.0

package coverage_test

import (
	"math/big"
	"testing"
	"testing/quick"

	"carescan/checks/internal/coverage"
	"carescan/scanner"
)

func TestReachesAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		name    string
		share   coverage.Share
		percent int
		want    scanner.Outcome
	}{
		{"all", coverage.Share{Covered: 3, Total: 3}, 100, scanner.Pass},
		{"one_of_a_thousand_missing", coverage.Share{Covered: 999, Total: 1000}, 100, scanner.Fail},
		{"two_thirds_is_not_67", coverage.Share{Covered: 2, Total: 3}, 67, scanner.Fail},
		{"two_thirds_is_66", coverage.Share{Covered: 2, Total: 3}, 66, scanner.Pass},
		{"unknown_decides", coverage.Share{Covered: 2, Unknown: 1, Total: 3}, 100, scanner.Inconclusive},
		{"unknown_does_not_help", coverage.Share{Covered: 1, Unknown: 1, Total: 3}, 100, scanner.Fail},
		{"unknown_is_not_needed", coverage.Share{Covered: 2, Unknown: 1, Total: 3}, 50, scanner.Pass},
		{"largest", coverage.Share{Covered: coverage.MaxTotal - 1, Total: coverage.MaxTotal}, 100, scanner.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.share.Reaches(c.percent); !c.share.Valid() || got != c.want {
				t.Errorf("%+v at %d %% = %s, want %s", c.share, c.percent, got, c.want)
			}
		})
	}
}

func TestNobodyIsNeverCovered(t *testing.T) {
	for _, s := range []coverage.Share{
		{},
		{Covered: 1},
		{Covered: 2, Total: 1},
		{Covered: 1, Unknown: 1, Total: 1},
		{Covered: -1, Total: 1},
		{Unknown: -1, Total: 1},
		{Total: -1},
		{Total: coverage.MaxTotal + 1},
		{Covered: 1, Unknown: 1 << 62, Total: 2},
	} {
		if s.Valid() {
			t.Errorf("%+v passes for the counts of a population", s)
		}
	}
}

// shareOf makes any share of a population from three numbers.
func shareOf(covered, unknown, total uint32) coverage.Share {
	n := int(total)%coverage.MaxTotal + 1
	c := int(covered) % (n + 1)
	return coverage.Share{Covered: c, Unknown: int(unknown) % (n - c + 1), Total: n}
}

// TestReachesAgreesWithFractions compares with exact fractions: no rounding and
// no overflow decides, and bounds that are shown never flatter.
func TestReachesAgreesWithFractions(t *testing.T) {
	property := func(covered, unknown, total uint32, threshold uint8) bool {
		s, percent := shareOf(covered, unknown, total), int(threshold%101)
		wanted := big.NewRat(int64(percent), 100)
		low := big.NewRat(int64(s.Covered), int64(s.Total))
		high := big.NewRat(int64(s.Covered+s.Unknown), int64(s.Total))
		outcome := scanner.Inconclusive
		if low.Cmp(wanted) >= 0 {
			outcome = scanner.Pass
		} else if high.Cmp(wanted) < 0 {
			outcome = scanner.Fail
		}
		shown := s.Low() <= s.High() && (s.Low() == 100) == (s.Covered == s.Total)
		return s.Valid() && s.Reaches(percent) == outcome && shown
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 5000}); err != nil {
		t.Error(err)
	}
}

// TestMoreCoverageNeverHurts: covering one more account, or learning that an
// unknown one is covered, never makes the outcome worse.
func TestMoreCoverageNeverHurts(t *testing.T) {
	weight := map[scanner.Outcome]int{scanner.Fail: 0, scanner.Inconclusive: 1, scanner.Pass: 2}
	property := func(covered, unknown, total uint32, threshold uint8) bool {
		s, percent := shareOf(covered, unknown, total), int(threshold%101)
		better := s
		switch {
		case s.Unknown > 0:
			better.Covered, better.Unknown = s.Covered+1, s.Unknown-1
		case s.Covered < s.Total:
			better.Covered++
		}
		return weight[better.Reaches(percent)] >= weight[s.Reaches(percent)] && s.Compare(better) <= 0
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 5000}); err != nil {
		t.Error(err)
	}
}
