// SPDX-License-Identifier: Apache-2.0

package history

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// The bounds of a memory. It travels with every run, so it stays small: about
// 100 KB of JSON when all are reached, a tenth of that once compressed.
const (
	maxRuns      = 128
	maxStandings = 200
	maxPeriods   = 8
	maxDoubts    = 200
	maxShares    = 500
	// everyRun is how many of the newest runs are all kept; older ones are thinned
	// to one a day and vantage, so that 128 reach further than the 60 days of
	// CaRE D1.O2.B.
	everyRun = 30
	// forgetDoubt is how long the doubt about a target that is looked at no more is
	// remembered.
	forgetDoubt = 30 * 24 * time.Hour
	// bestLasts is how far back the best figure of a population may lie.
	bestLasts = 30 * 24 * time.Hour
)

// Sealed is a run that was kept, and the bundle that holds it.
type Sealed struct {
	Run    scanner.Run
	Bundle string // digest of the sealed bytes
	Seq    uint64
}

// Add returns a memory with one more run, in the order of sealing; the memory
// given is left as it was. A run that is remembered already changes nothing. The
// checks say what has to be remembered of their findings.
func Add(h fact.History, s Sealed, checks []scanner.Check) fact.History {
	if slices.ContainsFunc(h.Runs, func(r fact.PastRun) bool { return r.ID == s.Run.ID }) {
		return h
	}
	if h.Begins.IsZero() || s.Run.Started.Before(h.Begins) {
		h.Begins = s.Run.Started
	}
	h.Known++
	h.Runs = thinned(append(slices.Clone(h.Runs), pastRun(s)))
	looks := looksOf(s.Run, checks)
	var left [3]int
	h.Standings, left[0] = standings(h.Standings, looks)
	h.Doubts, left[1] = doubts(h.Doubts, looks, s.Run.Started)
	h.Shares, left[2] = shares(h.Shares, s.Run.Observations)
	h.Dropped += left[0] + left[1] + left[2]
	return h
}

// Untold lists, of the ids of sealed runs in the order of their seals, those that
// came after all that a memory was told of, as many as it would keep. An id is a
// UUID of version 7, so that they sort by the moment their run began.
func Untold(h fact.History, ids []string) []string {
	newest := ""
	for _, r := range h.Runs {
		newest = max(newest, r.ID)
	}
	var untold []string
	for _, id := range ids {
		if id > newest {
			untold = append(untold, id)
		}
	}
	return untold[max(0, len(untold)-maxRuns):]
}

func pastRun(s Sealed) fact.PastRun {
	families := map[string]fact.FamilyCount{}
	for _, f := range s.Run.Findings {
		name, _, _ := strings.Cut(f.Check, ".")
		count := families[name]
		count.Family = name
		switch f.Outcome {
		case scanner.Pass:
			count.Pass++
		case scanner.Fail:
			count.Fail++
		case scanner.Inconclusive:
			count.Inconclusive++
		case scanner.NotApplicable:
			count.NotApplicable++
		}
		families[name] = count
	}
	past := fact.PastRun{
		ID: s.Run.ID, Bundle: s.Bundle, Seq: s.Seq, Started: s.Run.Started.UTC(), Vantage: string(s.Run.Vantage),
		Profile: s.Run.Profile.ID, Status: string(s.Run.Status), Scope: scopeDigest(s.Run.Scope), Families: []fact.FamilyCount{},
	}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		past.Families = append(past.Families, families[name])
	}
	return past
}

// scopeDigest leaves out the authorisation, which is renewed while the scope
// stays, and the order in which the scope was written.
func scopeDigest(s scanner.Scope) string {
	words := func(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
	lists := [][]string{words(s.Names), words(addresses(s.Ranges)), words(addresses(s.Excluded)), words(s.ExcludedNames)}
	if !s.Providers.IsZero() { // a scope without any keeps the digest it always had
		lists = append(lists, words(s.Providers.Names), words(addresses(s.Providers.Ranges)))
	}
	raw, _ := json.Marshal(lists) // lists of texts always encode
	return scanner.Digest(raw)
}

func addresses(ranges []netip.Prefix) (texts []string) {
	for _, p := range ranges {
		texts = append(texts, p.String())
	}
	return texts
}

// thinned keeps every one of the newest runs, then the best of each day and
// vantage: the most complete, then the newest. The same runs are kept in whatever
// order they are given.
func thinned(runs []fact.PastRun) []fact.PastRun {
	slices.SortFunc(runs, byStart)
	if len(runs) <= everyRun {
		return runs
	}
	older, newest := runs[:len(runs)-everyRun], runs[len(runs)-everyRun:]
	best := map[string]fact.PastRun{} // by day and vantage
	for _, r := range older {
		slot := r.Started.Format(time.DateOnly) + " " + r.Vantage
		if kept, taken := best[slot]; !taken || completeness(r) >= completeness(kept) {
			best[slot] = r
		}
	}
	slots := slices.Sorted(maps.Keys(best))
	var kept []fact.PastRun
	for _, slot := range slots[max(0, len(slots)-(maxRuns-everyRun)):] {
		kept = append(kept, best[slot])
	}
	slices.SortFunc(kept, byStart)
	return append(kept, newest...)
}

func byStart(a, b fact.PastRun) int {
	return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
}

// completeness orders runs by how they ended.
func completeness(r fact.PastRun) int {
	return slices.Index([]string{string(scanner.RunFailed), string(scanner.RunPartial), string(scanner.RunComplete)}, r.Status)
}

// look is a finding that rests on something seen from where its check is judged.
// What was not looked at by choice, or from elsewhere, says nothing about the
// target, neither for nor against.
type look struct {
	check, target string
	outcome       scanner.Outcome
	reason        string
	at            time.Time
	reads         bool // the check reads its own past
	papers        bool // the fact was read in the papers of the establishment
}

func looksOf(run scanner.Run, checks []scanner.Check) []look {
	known := map[string]scanner.Check{}
	for _, c := range checks {
		known[c.ID] = c
	}
	seen := map[string]scanner.Observation{}
	for _, o := range run.Observations {
		seen[o.ID] = o
	}
	var looks []look
	for _, f := range run.Findings {
		c, here := known[f.Check]
		if !here || len(f.Observations) == 0 {
			continue
		}
		o, held := seen[f.Observations[0]]
		if !held || o.Status == scanner.StatusSkipped || c.Vantage != "" && o.Vantage != c.Vantage {
			continue
		}
		looks = append(looks, look{
			check: f.Check, target: f.Target.Key(), outcome: f.Outcome, reason: f.Reason, at: run.Started.UTC(),
			reads: c.Judge.Reference == fact.History{}.FactKind(), papers: o.Vantage == scanner.VantageDeclared,
		})
	}
	return looks
}

// pair is what standings and doubts are kept by.
type pair struct{ check, target string }

// standings prolongs the period of what was concluded again, and begins another
// one for what was concluded anew. The ones least recently concluded are left out
// when there are too many.
func standings(before []fact.Standing, looks []look) (after []fact.Standing, left int) {
	kept := map[pair]fact.Standing{}
	for _, s := range before {
		if len(s.Periods) > 0 {
			kept[pair{s.Check, s.Target}] = s
		}
	}
	for _, l := range looks {
		if !l.reads || l.outcome == scanner.Inconclusive {
			continue
		}
		s := kept[pair{l.check, l.target}]
		s.Check, s.Target, s.Periods = l.check, l.target, slices.Clone(s.Periods)
		last := len(s.Periods) - 1
		if last >= 0 && s.Periods[last].Outcome == string(l.outcome) && s.Periods[last].Reason == l.reason {
			s.Periods[last].To = l.at
		} else {
			s.Periods = append(s.Periods, fact.Period{Outcome: string(l.outcome), Reason: l.reason, From: l.at, To: l.at})
			s.Periods = s.Periods[max(0, len(s.Periods)-maxPeriods):]
		}
		kept[pair{l.check, l.target}] = s
	}
	concluded := func(s fact.Standing) time.Time { return s.Periods[len(s.Periods)-1].To }
	after = slices.SortedFunc(maps.Values(kept), func(a, b fact.Standing) int {
		return cmp.Or(concluded(b).Compare(concluded(a)), cmp.Compare(a.Check, b.Check), cmp.Compare(a.Target, b.Target))
	})
	return first(after, maxStandings)
}

// doubts counts one more run for what was not concluded again, and ends with the
// first conclusion. What is read in the papers of the establishment is asked of
// nobody's firewall and is no doubt.
func doubts(before []fact.Doubt, looks []look, now time.Time) (after []fact.Doubt, left int) {
	kept := map[pair]fact.Doubt{}
	for _, d := range before {
		if now.Sub(d.To) <= forgetDoubt {
			kept[pair{d.Check, d.Target}] = d
		}
	}
	for _, l := range looks {
		at := pair{l.check, l.target}
		if l.outcome != scanner.Inconclusive || l.papers {
			delete(kept, at)
			continue
		}
		d, known := kept[at]
		if !known {
			d = fact.Doubt{Check: l.check, Target: l.target, From: l.at}
		}
		d.Reason, d.To = l.reason, l.at
		d.Runs++
		kept[at] = d
	}
	after = slices.SortedFunc(maps.Values(kept), func(a, b fact.Doubt) int {
		return cmp.Or(cmp.Compare(b.Runs, a.Runs), a.From.Compare(b.From), cmp.Compare(a.Check, b.Check), cmp.Compare(a.Target, b.Target))
	})
	return first(after, maxDoubts)
}

// first cuts a list, and counts what it left out.
func first[E any](list []E, most int) (kept []E, left int) {
	if len(list) <= most {
		return list, 0
	}
	return list[:most], len(list) - most
}
