// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/reports/bundle"
	"carescan/scanner"
)

// What a page shows of the evidence of a finding; the rest is a file away.
const (
	maxShownFact  = 64 << 10  // bytes of a fact
	maxShownFacts = 256 << 10 // of all of them
	maxShownLooks = 100       // observations
)

// look is an observation as a page shows it, without its fact.
type look struct {
	scanner.Observation
	Size int    // bytes of the fact
	Text string // its beginning
	Cut  bool   // there is more of it
}

// reopened hands over the observations that a finding rests on, as they were signed, in
// a room where few bundles are open at once. Nothing of them may be kept.
func (s *Server) reopened(v *visit, f store.Finding, use func(store.Bundle, []scanner.Observation) error) error {
	b, err := s.store.Bundle(v.Context(), v.scope(), f.FINESS, f.Bundle)
	if err != nil {
		return err
	}
	opened, leave, err := s.room.Open(v.Context(), b.Size, func() (*bundle.Opened, error) {
		raw, err := s.store.Sealed(v.Context(), v.scope(), b.FINESS, b.ID)
		if err != nil {
			return nil, err
		}
		return ingest.Reopen(v.Context(), s.store, v.scope(), b, raw)
	})
	if err != nil {
		return err
	}
	defer leave()
	others := func(o scanner.Observation) bool { return !slices.Contains(f.Observations, o.ID) }
	return use(b, slices.DeleteFunc(opened.Run.Observations, others))
}

// fillEvidence opens the sealed bundle again, so that what is shown as evidence
// is what was signed and not a copy.
func (s *Server) fillEvidence(v *visit, b *findingBody) error {
	return s.reopened(v, b.Finding, func(sealed store.Bundle, seen []scanner.Observation) error {
		b.Sealed = sealed
		b.More = max(0, len(seen)-maxShownLooks)
		left := maxShownFacts
		for _, o := range seen[:len(seen)-b.More] {
			shown := look{Observation: o, Size: len(o.Fact)}
			shown.Fact = nil
			shown.Text, shown.Cut = excerpt(o.Fact, min(maxShownFact, left))
			left -= len(shown.Text)
			b.Seen = append(b.Seen, shown)
		}
		return nil
	})
}
