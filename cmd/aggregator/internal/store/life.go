// SPDX-License-Identifier: Apache-2.0

package store

import "carescan/scanner"

// Observed is where a finding stands in its life. Only bundles move it
// (aggregator.md section 4).
type Observed string

// The states of the life of a finding.
const (
	ObservedClear      Observed = "clear"    // never failed
	ObservedOpen       Observed = "open"     // fails
	ObservedResolved   Observed = "resolved" // failed, and was seen corrected
	ObservedReopened   Observed = "reopened" // fails again
	ObservedUnverified Observed = "unverified"
)

// life is what the past of a finding says of it.
type life struct {
	observed Observed
	episode  int64 // spans of failure so far
	failing  bool  // the last span is not closed
}

// next lives through one more outcome. Only a pass or an exemption closes a
// failure: neither silence nor doubt does.
func (l life) next(outcome scanner.Outcome) life {
	switch outcome {
	case scanner.Fail:
		return l.fail()
	case scanner.Pass, scanner.NotApplicable:
		return life{l.cleared(), l.episode, false}
	case scanner.Inconclusive:
	}
	return life{ObservedUnverified, l.episode, l.failing}
}

func (l life) fail() life {
	if !l.failing {
		l.episode++
	}
	if l.episode == 1 {
		return life{ObservedOpen, l.episode, true}
	}
	return life{ObservedReopened, l.episode, true}
}

func (l life) cleared() Observed {
	if l.episode == 0 {
		return ObservedClear
	}
	return ObservedResolved
}

// coverageKey names what was looked at.
type coverageKey struct{ check, target string }

// completed lists what a run covered wholly: every look of the pair ended.
func completed(coverage []scanner.Coverage) map[coverageKey]bool {
	whole := map[coverageKey]bool{}
	for _, c := range coverage {
		key := coverageKey{c.Check, c.Target.Key()}
		before, seen := whole[key]
		whole[key] = c.Status == scanner.StatusCompleted && (before || !seen)
	}
	return whole
}

// believed is the outcome that may move a finding: what is said to hold
// without having been wholly looked at is a doubt.
func believed(f scanner.Finding, whole map[coverageKey]bool) scanner.Outcome {
	if f.Outcome != scanner.Fail && !whole[coverageKey{f.Check, f.Target.Key()}] {
		return scanner.Inconclusive
	}
	return f.Outcome
}
