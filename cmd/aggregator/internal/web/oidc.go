// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/federation"
	"carescan/cmd/aggregator/internal/gate"
	"carescan/cmd/aggregator/internal/store"
)

// askedCookie keeps what was asked of the identity provider, sealed, until the browser
// comes back: nothing is written here for a stranger.
const askedCookie = "__Host-carescan-oidc"

// providerAsk leads to the identity provider.
func (s *Server) providerAsk(v *visit) error {
	if s.settings.Provider == nil {
		return errNotFound
	}
	where, asked, err := s.settings.Provider.Ask(v.Context(), wayOrHome(v.URL.Query().Get("next")), v.URL.Query().Has("anew"))
	if err != nil {
		return v.refuseVouched(err)
	}
	raw, err := json.Marshal(asked)
	if err != nil {
		return fmt.Errorf("keep what was asked: %w", err)
	}
	// Lax: the browser sends it when the provider leads back here.
	http.SetCookie(v.w, &http.Cookie{
		Name: askedCookie, Value: s.accounts.Conceal(askedCookie, string(raw)), Path: "/", MaxAge: int(time.Until(asked.Until).Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(v.w, v.Request, where, http.StatusSeeOther)
	return nil
}

// providerBack lets in whom the identity provider vouches for.
func (s *Server) providerBack(v *visit) error {
	if s.settings.Provider == nil {
		return errNotFound
	}
	asked := v.asked()
	http.SetCookie(v.w, &http.Cookie{Name: askedCookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	person, err := s.settings.Provider.Read(v.Context(), asked, v.URL.Query())
	if err != nil {
		return v.refuseVouched(err)
	}
	user, err := s.accounts.EnterVouched(v.Context(), account.Vouched{
		Issuer: person.Issuer, Subject: person.Subject, Name: person.Name, Email: person.Email, Roles: person.Roles,
		Origin: gate.Origin(v.RemoteAddr),
	}, sessionLife)
	if err != nil {
		return v.refuseVouched(err)
	}
	return v.enter(user, "sign-in-oidc", wayOrHome(asked.Next), person.ProvenAt)
}

// asked is what was asked, nothing when the cookie is not one of ours.
func (v *visit) asked() (a federation.Asked) {
	cookie, err := v.Cookie(askedCookie)
	if err != nil {
		return a
	}
	raw, err := v.server.accounts.Reveal(askedCookie, cookie.Value)
	if err != nil || json.Unmarshal([]byte(raw), &a) != nil {
		return federation.Asked{}
	}
	return a
}

// refuseVouched says in plain words why somebody was not let in. The detail, which the
// provider wrote, is for the log.
func (v *visit) refuseVouched(err error) error {
	for _, known := range []struct {
		err    error
		status int
		notice string
	}{
		{federation.ErrUnreachable, http.StatusBadGateway, "oidc.unreachable"},
		{federation.ErrDenied, http.StatusForbidden, "oidc.denied"},
		{federation.ErrForgotten, http.StatusBadRequest, "oidc.forgotten"},
		{federation.ErrFactor, http.StatusForbidden, "oidc.factor"},
		{federation.ErrToken, http.StatusForbidden, "oidc.token"},
		{account.ErrNoRole, http.StatusForbidden, "oidc.no_role"},
		{account.ErrAddressed, http.StatusForbidden, "oidc.addressed"},
		{account.ErrAddress, http.StatusForbidden, "oidc.address"},
		{account.ErrRefused, http.StatusForbidden, "oidc.disabled"},
	} {
		if errors.Is(err, known.err) {
			v.server.log.Warn("sign-in by the identity provider refused", "remote", v.ip(), "error", err)
			if err := v.auditRefusal(store.User{}); err != nil {
				return err
			}
			return v.refuseSignIn(known.status, "", known.notice)
		}
	}
	return err
}
