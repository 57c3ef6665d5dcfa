// SPDX-License-Identifier: Apache-2.0

package web

import (
	"time"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/scanner"
)

// tokenBody shows a token, this once.
type tokenBody struct {
	Site      scanner.Establishment
	Token     string
	ExpiresAt time.Time
}

func (s *Server) tokenCreate(v *visit) error {
	site, err := s.store.Establishment(v.Context(), v.scope(), scanner.FINESS(v.PostFormValue("finess")))
	if err != nil {
		return err
	}
	word, expires, err := s.authority.Invite(v.Context(), s.store, authority.Invitation{
		FINESS: site.FINESS, AgentURL: s.settings.AgentURL, CreatedBy: v.user.Email,
	})
	if err != nil {
		return err
	}
	if err := v.audit(v.user.Email, "create-enrol-token", string(site.FINESS)); err != nil {
		return err
	}
	return v.show("token", tokenBody{site, word, expires})
}
