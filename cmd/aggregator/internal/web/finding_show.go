// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// findingBody is a finding with all that it rests on.
type findingBody struct {
	store.Finding
	Establishment scanner.Establishment
	Why           scanner.Text
	How           scanner.Text
	Events        []store.Event
	Sealed        store.Bundle // whose facts say so
	Seen          []scanner.Observation
}

func (s *Server) findingShow(v *visit) (err error) {
	var body findingBody
	if body.Finding, err = s.store.Finding(v.Context(), v.scope(), v.finess(), v.PathValue("fingerprint")); err != nil {
		return err
	}
	if body.Establishment, err = s.store.Establishment(v.Context(), v.scope(), v.finess()); err != nil {
		return err
	}
	if body.Events, err = s.store.Events(v.Context(), v.scope(), v.finess(), body.Fingerprint); err != nil {
		return err
	}
	if papers, ok := s.settings.Paper(body.Check); ok {
		body.Why = scanner.Text{FR: papers.FR.Why, EN: papers.EN.Why}
		body.How = scanner.Text{FR: papers.FR.How, EN: papers.EN.How}
	}
	if err := s.fillEvidence(v, &body); err != nil {
		return err
	}
	return v.show("finding", body)
}

// fillEvidence opens the sealed bundle again, so that what is shown as evidence
// is what was signed and not a copy.
func (s *Server) fillEvidence(v *visit, b *findingBody) (err error) {
	if b.Sealed, err = s.store.Bundle(v.Context(), v.scope(), b.FINESS, b.Bundle); err != nil {
		return err
	}
	raw, err := s.store.Sealed(v.Context(), v.scope(), b.FINESS, b.Bundle)
	if err != nil {
		return err
	}
	opened, err := ingest.Reopen(v.Context(), s.store, v.scope(), b.Sealed, raw)
	if err != nil {
		return err
	}
	for _, o := range opened.Run.Observations {
		if slices.Contains(b.Observations, o.ID) {
			b.Seen = append(b.Seen, o)
		}
	}
	return nil
}
