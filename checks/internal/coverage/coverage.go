// SPDX-License-Identifier: Apache-2.0

// Package coverage compares a share of accounts with a threshold when some of
// them are unknown (identity-directory-hds.md section 1.7).
package coverage

import (
	"maps"
	"strconv"

	"carescan/scanner"
)

// MaxTotal bounds a population, so that products stay exact in an int. It is
// above the number of accounts of any country.
const MaxTotal = 1_000_000_000

// Share is a number of covered accounts in a population, of which some could
// not be told. Comparisons are on integers: no rounding ever decides.
type Share struct{ Covered, Unknown, Total int }

// Valid tells whether the counts can be those of one population. An empty
// population is none: nobody covered out of nobody is not 100 %.
func (s Share) Valid() bool {
	return s.Total > 0 && s.Total <= MaxTotal && s.Covered >= 0 && s.Unknown >= 0 &&
		s.Covered <= s.Total && s.Unknown <= s.Total-s.Covered
}

// Reaches concludes on a threshold in percent: passed when even the low bound
// reaches it, failed when even the high bound does not.
func (s Share) Reaches(percent int) scanner.Outcome {
	wanted := percent * s.Total
	switch {
	case 100*s.Covered >= wanted:
		return scanner.Pass
	case 100*(s.Covered+s.Unknown) < wanted:
		return scanner.Fail
	}
	return scanner.Inconclusive
}

// Low is the percentage when every unknown account is uncovered, rounded down:
// 100 is shown only when nobody is left out.
func (s Share) Low() int { return 100 * s.Covered / s.Total }

// High is the percentage when every unknown account is covered, rounded down.
func (s Share) High() int { return 100 * (s.Covered + s.Unknown) / s.Total }

// Compare orders shares from the least covered, by low bound.
func (s Share) Compare(other Share) int { return s.Covered*other.Total - other.Covered*s.Total }

// Bounds words the percentage, or both when they differ.
func (s Share) Bounds() scanner.Values {
	low, high := strconv.Itoa(s.Low())+" %", strconv.Itoa(s.High())+" %"
	bounds := scanner.Text{FR: low, EN: low}
	if low != high {
		bounds = scanner.Text{FR: "de " + low + " à " + high, EN: "from " + low + " to " + high}
	}
	bounds = bounds.Typeset()
	return scanner.Values{"bounds_fr": bounds.FR, "bounds_en": bounds.EN}
}

// Values shows the bounds, the counts behind them and the threshold.
func (s Share) Values(percent int) scanner.Values {
	values := scanner.Values{
		"low": strconv.Itoa(s.Low()), "high": strconv.Itoa(s.High()), "threshold": strconv.Itoa(percent),
		"covered": strconv.Itoa(s.Covered), "unknown": strconv.Itoa(s.Unknown), "total": strconv.Itoa(s.Total),
	}
	maps.Copy(values, s.Bounds())
	return values
}
