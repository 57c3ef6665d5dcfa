// SPDX-License-Identifier: Apache-2.0

package past_test

import (
	"math/big"
	"testing"
	"testing/quick"
	"time"

	"carescan/checks/internal/coverage"
	"carescan/checks/internal/past"
	"carescan/scanner"
	"carescan/scanner/fact"
)

var march = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func period(outcome scanner.Outcome, reason string, month int) fact.Period {
	return fact.Period{Outcome: string(outcome), Reason: reason, From: march.AddDate(0, month, 0), To: march.AddDate(0, month+1, -1)}
}

func TestSince(t *testing.T) {
	chu := scanner.DomainTarget("chu.test")
	for _, c := range []struct {
		name    string
		periods []fact.Period
		month   int // of the first failure, -1 when none is known
	}{
		{"one", []fact.Period{period(scanner.Fail, "slow", 1)}, 1},
		{"grew-graver", []fact.Period{period(scanner.Fail, "slow", 1), period(scanner.Fail, "stopped", 2)}, 1},
		{"another-fault-before", []fact.Period{period(scanner.Fail, "absent", 0), period(scanner.Fail, "slow", 1)}, 1},
		{"mended-meanwhile", []fact.Period{period(scanner.Fail, "slow", 0), period(scanner.Pass, "fast", 1), period(scanner.Fail, "slow", 2)}, 2},
		{"mended", []fact.Period{period(scanner.Fail, "slow", 0), period(scanner.Pass, "fast", 1)}, -1},
		{"same-word-for-a-pass", []fact.Period{period(scanner.Pass, "slow", 0)}, -1},
		{"none", nil, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := fact.History{Standings: []fact.Standing{
				{Check: "a.b", Target: "domain/other.test", Periods: []fact.Period{period(scanner.Fail, "slow", 0)}},
				{Check: "a.b", Target: chu.Key(), Periods: c.periods},
			}}
			since, known := past.Since(h, "a.b", chu, "slow", "stopped")
			if known != (c.month >= 0) || known && !since.Equal(march.AddDate(0, c.month, 0)) {
				t.Errorf("since %s, known %v", since, known)
			}
		})
	}
	if _, known := past.Since(fact.History{}, "a.b", chu, "slow"); known {
		t.Error("an empty past knows a date")
	}
}

func TestDays(t *testing.T) {
	for hours, want := range map[int]int{-48: 0, 0: 0, 23: 0, 24: 1, 90*24 - 1: 89, 90 * 24: 90} {
		if got := past.Days(march, march.Add(time.Duration(hours)*time.Hour)); got != want {
			t.Errorf("%d hours are %d days, want %d", hours, got, want)
		}
	}
}

func TestBefore(t *testing.T) {
	chu := scanner.Target{Kind: scanner.KindApplication, ID: "dpi"}
	best := fact.Figure{Covered: 9, Total: 10, At: march}
	h := fact.History{Shares: []fact.PastShare{{Target: chu.Key(), Population: "nurses", Measure: "equipped", Last: fact.Figure{Covered: 1, Total: 10, At: march.AddDate(0, 0, 1)}, Best: best}}}
	if got, ok := past.Before(h, chu, "nurses", "equipped", march.AddDate(0, 0, 2)); !ok || got != best {
		t.Errorf("compared with %+v, %v", got, ok)
	}
	if _, ok := past.Before(h, chu, "nurses", "enforced", march.AddDate(0, 0, 2)); ok {
		t.Error("compared with another measure")
	}
	if _, ok := past.Before(h, chu, "nurses", "equipped", march); ok {
		t.Error("compared with a figure that is not of the past")
	}
}

// share makes any counts of a population.
func share(covered, unknown, total uint32) coverage.Share {
	n := int(total)%coverage.MaxTotal + 1
	c := int(covered) % (n + 1)
	return coverage.Share{Covered: c, Unknown: int(unknown) % (n - c + 1), Total: n}
}

func figure(s coverage.Share) fact.Figure {
	return fact.Figure{Covered: s.Covered, Unknown: s.Unknown, Total: s.Total}
}

// TestFallAgreesWithFractions compares with exact fractions, at any size.
func TestFallAgreesWithFractions(t *testing.T) {
	property := func(a, b, c, d, e, f uint32, percent uint8) bool {
		before, now, points := share(a, b, c), share(d, e, f), int(percent%101)
		fall := past.Fall{Share: now, Before: figure(before), Points: points}
		allowed := big.NewRat(int64(points), 100)
		lost := func(then, today, total, totalNow int) bool {
			r := new(big.Rat).Sub(big.NewRat(int64(then), int64(total)), big.NewRat(int64(today), int64(totalNow)))
			return r.Cmp(allowed) > 0
		}
		want := scanner.Pass
		switch {
		case lost(before.Covered, now.Covered+now.Unknown, before.Total, now.Total):
			want = scanner.Fail
		case lost(before.Covered+before.Unknown, now.Covered, before.Total, now.Total):
			want = scanner.Inconclusive
		}
		return fall.Valid() && fall.Outcome() == want
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 5000}); err != nil {
		t.Error(err)
	}
}

func TestFall_atTheEdges(t *testing.T) {
	all := coverage.Share{Covered: 100, Total: 100}
	for _, c := range []struct {
		name        string
		before, now coverage.Share
		points      int
		want        scanner.Outcome
	}{
		{"five-points-are-allowed", all, coverage.Share{Covered: 95, Total: 100}, 5, scanner.Pass},
		{"a-thousandth-more-is-not", all, coverage.Share{Covered: 949, Total: 1000}, 5, scanner.Fail},
		{"nothing-is-allowed", all, coverage.Share{Covered: 999_999_999, Total: 1_000_000_000}, 0, scanner.Fail},
		{"unknown-may-hide-it", all, coverage.Share{Covered: 90, Unknown: 10, Total: 100}, 5, scanner.Inconclusive},
		{"a-gain", coverage.Share{Covered: 1, Total: 100}, all, 0, scanner.Pass},
		{"negative-points-are-none", all, all, -5, scanner.Pass},
		{"too-many-points-are-all", all, coverage.Share{Covered: 0, Total: 100}, 1 << 60, scanner.Pass},
	} {
		t.Run(c.name, func(t *testing.T) {
			fall := past.Fall{Share: c.now, Before: figure(c.before), Points: c.points}
			if got := fall.Outcome(); !fall.Valid() || got != c.want {
				t.Errorf("outcome %s, want %s", got, c.want)
			}
		})
	}
	if (past.Fall{Share: all}).Valid() {
		t.Error("a fall from nothing is valid")
	}
}
