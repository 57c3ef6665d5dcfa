// SPDX-License-Identifier: Apache-2.0

package history

import (
	"cmp"
	"maps"
	"math/big"
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// counted is one figure of one population, in what a run observed.
type counted struct {
	target, population, measure string
	figure                      fact.Figure
}

// countedIn reads the figures of the sources that were wholly read: a count cut
// short has no denominator.
func countedIn(observations []scanner.Observation) []counted {
	var list []counted
	for _, o := range observations {
		if o.Status != scanner.StatusCompleted {
			continue
		}
		add := func(population, measure string, covered, unknown, total int) {
			f := fact.Figure{Covered: covered, Unknown: unknown, Total: total, At: o.At.UTC()}
			if total > 0 && covered >= 0 && unknown >= 0 && covered <= total && unknown <= total-covered {
				list = append(list, counted{o.Target.Key(), population, measure, f})
			}
		}
		if a, err := scanner.Decode[fact.Accounts](o); err == nil {
			for _, p := range a.Populations {
				add(p.Name, "equipped", p.Equipped, p.UnknownEquipped, p.Enabled)
				add(p.Name, "enforced", p.Enforced, p.UnknownEnforced, p.Enabled)
			}
		}
		if d, err := scanner.Decode[fact.Directory](o); err == nil {
			add("privileged", "enforced", d.PrivilegedEnforced, d.PrivilegedUnknown, d.Privileged)
		}
	}
	return list
}

// shares replaces the last figures, and remembers the best of a month: a fall
// that goes on by small steps, or that was told once, is still a fall.
func shares(before []fact.PastShare, observations []scanner.Observation) (after []fact.PastShare, left int) {
	type key struct{ target, population, measure string }
	kept := map[key]fact.PastShare{}
	for _, s := range before {
		kept[key{s.Target, s.Population, s.Measure}] = s
	}
	for _, c := range countedIn(observations) {
		at := key{c.target, c.population, c.measure}
		s, known := kept[at]
		if known && c.figure.At.Before(s.Last.At) {
			continue
		}
		last := s.Last
		s.Target, s.Population, s.Measure, s.Last = c.target, c.population, c.measure, c.figure
		if !known || c.figure.At.Sub(s.Best.At) > bestLasts {
			s.Best = c.figure
			if known && c.figure.At.Sub(last.At) <= bestLasts {
				s.Best = last // the month before is not known better than by its last figure
			}
		}
		if lowest(c.figure).Cmp(lowest(s.Best)) >= 0 {
			s.Best = c.figure
		}
		kept[at] = s
	}
	after = slices.SortedFunc(maps.Values(kept), func(a, b fact.PastShare) int {
		return cmp.Or(b.Last.At.Compare(a.Last.At), cmp.Compare(a.Target, b.Target),
			cmp.Compare(a.Population, b.Population), cmp.Compare(a.Measure, b.Measure))
	})
	return first(after, maxShares)
}

// lowest is the share when every unknown account is uncovered. A figure that was
// written by nobody counts for nothing.
func lowest(f fact.Figure) *big.Rat {
	if f.Total <= 0 {
		return new(big.Rat)
	}
	return big.NewRat(int64(f.Covered), int64(f.Total))
}
