// SPDX-License-Identifier: Apache-2.0

// Package history brings what the agent remembers of the establishment's own
// earlier runs, so that rules about time can be judged, and makes that memory: a
// bounded digest to which each sealed run is added.
package history

import (
	"context"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Recall reads what is remembered of an establishment; an error means that a
// memory is there and cannot be read.
type Recall func(establishment scanner.Target) (fact.History, error)

// Probe recalls the earlier runs of an establishment.
type Probe struct{ recall Recall }

// New makes the probe of one memory.
func New(recall Recall) Probe { return Probe{recall} }

// Name is what plans call the probe.
const Name = "history"

// Name is the word used in plans.
func (Probe) Name() string { return Name }

// TargetKind is what it looks at: the establishment itself.
func (Probe) TargetKind() scanner.TargetKind { return scanner.KindEstablishment }

// Facts are the kinds of fact it brings back.
func (Probe) Facts() []string { return []string{fact.History{}.FactKind()} }

// Needs is nothing: it reads what the agent keeps.
func (Probe) Needs() scanner.Needs {
	return scanner.Needs{Vantage: scanner.VantageDeclared, Recalls: true}
}

// Observe recalls. A memory that cannot be read begins again, and says so: the
// run goes on, and what would be judged against the past is inconclusive.
func (p Probe) Observe(_ context.Context, _ scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	h, err := p.recall(t)
	if err != nil {
		return []scanner.Sighting{{Fact: Empty(), Missing: scanner.CausesOf(err)}}, nil
	}
	return []scanner.Sighting{{Fact: h}}, nil
}

// Empty is the memory of an agent that never ran.
func Empty() fact.History { return fact.History{Runs: []fact.PastRun{}} }
