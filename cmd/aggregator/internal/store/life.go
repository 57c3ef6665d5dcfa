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

// next lives through where a finding stands now. Only a pass or an exemption that is
// still seen closes a failure: neither silence nor doubt does.
func (l life) next(stands look) life {
	switch {
	case stands.outcome == scanner.Fail:
		return l.fail()
	case stands.outcome == scanner.Inconclusive, !stands.seenUntil.IsZero():
		return life{ObservedUnverified, l.episode, l.failing}
	}
	return life{l.cleared(), l.episode, false}
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
