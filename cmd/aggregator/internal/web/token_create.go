// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"time"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/scanner"
)

// tokenBody shows a token, this once.
type tokenBody struct {
	Site      scanner.Establishment
	Token     string
	ExpiresAt time.Time
	Approve   bool
	CreatedBy string
	Square    square `json:"-"`
}

func (s *Server) tokenCreate(v *visit) error {
	site, err := s.store.Establishment(v.Context(), v.scope(), scanner.FINESS(v.PostFormValue("finess")))
	if err != nil {
		return err
	}
	approve := v.PostFormValue("approve") != "" || s.settings.Approve
	word, expires, err := s.authority.Invite(v.Context(), s.store, authority.Invitation{
		FINESS: site.FINESS, AgentURL: s.settings.AgentURL, CreatedBy: v.user.Email, Approve: approve,
	})
	if err != nil {
		return err
	}
	if err := v.audit(v.user.Email, "create-enrol-token", string(site.FINESS)); err != nil {
		return err
	}
	// Shown by a page of its own: to load it again makes no other.
	if err := v.keepToShow(keyToken, tokenBody{Site: site, Token: word, ExpiresAt: expires, Approve: approve, CreatedBy: v.user.Name}); err != nil {
		return err
	}
	http.Redirect(v.w, v.Request, "/tokens/new", http.StatusSeeOther)
	return nil
}

// keyToken is a token that was made and not shown yet, concealed.
const keyToken = "token"

// tokenShow shows the token that was just made, once.
func (s *Server) tokenShow(v *visit) error {
	var body tokenBody
	if kept, err := v.takeToShow(keyToken, &body); err != nil || !kept {
		http.Redirect(v.w, v.Request, "/agents", http.StatusSeeOther)
		return err
	}
	drawn, err := drawSquare(body.Token)
	if err != nil {
		return err
	}
	body.Square = drawn
	return v.show("token", body)
}
