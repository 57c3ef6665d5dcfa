// SPDX-License-Identifier: Apache-2.0

// Package past reads the history of an establishment for the checks on time:
// since when something has stood, and how far a share has fallen.
package past

import (
	"maps"
	"math/bits"
	"slices"
	"strconv"
	"time"

	"carescan/checks/internal/coverage"
	"carescan/scanner"
	"carescan/scanner/fact"
)

const day = 24 * time.Hour

// Since is when a check first failed at a target for one of some reasons, without
// having concluded otherwise meanwhile; false when its last conclusion was another
// one, or none is known.
func Since(h fact.History, check string, target scanner.Target, reasons ...string) (since time.Time, known bool) {
	at := slices.IndexFunc(h.Standings, func(s fact.Standing) bool { return s.Check == check && s.Target == target.Key() })
	if at < 0 {
		return since, false
	}
	for _, p := range slices.Backward(h.Standings[at].Periods) {
		if p.Outcome != string(scanner.Fail) || !slices.Contains(reasons, p.Reason) {
			break
		}
		since, known = p.From, true
	}
	return since, known
}

// Days is how many whole days went by; none when the clock went backwards.
func Days(from, to time.Time) int { return int(max(0, to.Sub(from)) / day) }

// Fall compares a share with what it was.
type Fall struct {
	Share  coverage.Share
	Before fact.Figure
	// Points is how many points of percentage it may lose, from 0 to 100.
	Points int
}

// Before finds the figure that a share is compared with: the best of the month
// before the last look, at which it is never below. A figure of the look itself or
// of a later one is no past.
func Before(h fact.History, target scanner.Target, population, measure string, at time.Time) (fact.Figure, bool) {
	for _, s := range h.Shares {
		if s.Target == target.Key() && s.Population == population && s.Measure == measure {
			return s.Best, s.Best.At.Before(at)
		}
	}
	return fact.Figure{}, false
}

// Valid tells whether both counts can be those of a population.
func (f Fall) Valid() bool { return f.Share.Valid() && f.before().Valid() }

func (f Fall) before() coverage.Share {
	return coverage.Share{Covered: f.Before.Covered, Unknown: f.Before.Unknown, Total: f.Before.Total}
}

// Outcome fails when even the high bound of today is more than the points below
// the low bound of before, and passes when even the low bound of today is not more
// than the points below the high bound of before. Comparisons are on integers: no
// rounding ever decides.
func (f Fall) Outcome() scanner.Outcome {
	before := f.before()
	switch {
	case f.exceeds(before.Covered, f.Share.Covered+f.Share.Unknown):
		return scanner.Fail
	case f.exceeds(before.Covered+before.Unknown, f.Share.Covered):
		return scanner.Inconclusive
	}
	return scanner.Pass
}

// exceeds tells whether before/Before.Total − now/Share.Total is more than the
// points. The products of four counts, none of which is negative in a valid fall,
// need 128 bits.
func (f Fall) exceeds(before, now int) bool {
	high, low := bits.Mul64(uint64(100*before), uint64(f.Share.Total))
	highNow, lowNow := bits.Mul64(uint64(100*now+min(max(f.Points, 0), 100)*f.Share.Total), uint64(f.Before.Total))
	return high > highNow || high == highNow && low > lowNow
}

// Values show both shares by their low bounds, the counts behind them and when
// the first one was counted.
func (f Fall) Values() scanner.Values {
	before := f.before()
	values := scanner.Values{
		"low": strconv.Itoa(f.Share.Low()), "high": strconv.Itoa(f.Share.High()),
		"covered": strconv.Itoa(f.Share.Covered), "unknown": strconv.Itoa(f.Share.Unknown), "total": strconv.Itoa(f.Share.Total),
		"before": strconv.Itoa(before.Low()), "before_covered": strconv.Itoa(before.Covered), "before_total": strconv.Itoa(before.Total),
		"date": f.Before.At.UTC().Format(time.DateOnly), "points": strconv.Itoa(f.Points),
	}
	maps.Copy(values, f.Share.Bounds())
	return values
}
