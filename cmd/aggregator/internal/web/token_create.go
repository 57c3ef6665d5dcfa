// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"fmt"
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
	shown, err := json.Marshal(tokenBody{Site: site, Token: word, ExpiresAt: expires, Approve: approve, CreatedBy: v.user.Name})
	if err != nil {
		return fmt.Errorf("keep a token until it is shown: %w", err)
	}
	// Shown by a page of its own: to load it again makes no other.
	s.sessions.Put(v.Context(), keyToken, s.accounts.Conceal(v.user.ID, string(shown)))
	http.Redirect(v.w, v.Request, "/tokens/new", http.StatusSeeOther)
	return nil
}

// keyToken is a token that was made and not shown yet, concealed.
const keyToken = "token"

// tokenShow shows the token that was just made, once.
func (s *Server) tokenShow(v *visit) error {
	sealed := s.sessions.PopString(v.Context(), keyToken)
	if sealed == "" {
		http.Redirect(v.w, v.Request, "/agents", http.StatusSeeOther)
		return nil
	}
	shown, err := s.accounts.Reveal(v.user.ID, sealed)
	if err != nil {
		return err
	}
	var body tokenBody
	if err := json.Unmarshal([]byte(shown), &body); err != nil {
		return fmt.Errorf("read the token to show: %w", err)
	}
	if body.Square, err = drawSquare(body.Token); err != nil {
		return err
	}
	return v.show("token", body)
}
