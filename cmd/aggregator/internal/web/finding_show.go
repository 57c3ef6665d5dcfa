// SPDX-License-Identifier: Apache-2.0

package web

import (
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
	Seen          []look
	More          int // observations that are not shown
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
