// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"

	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/gate"
	"carescan/cmd/aggregator/internal/store"
)

func (s *Server) sessionCreate(v *visit) error {
	email := v.PostFormValue("email")
	user, err := s.accounts.SignIn(v.Context(), account.Proof{
		Email: email, Password: v.PostFormValue("password"), Code: v.PostFormValue("code"), Origin: gate.Origin(v.RemoteAddr),
	})
	switch {
	case errors.Is(err, account.ErrTooMany):
		s.log.Warn("sign-in shed", "remote", v.ip())
		return v.refuseSignIn(http.StatusTooManyRequests, email, "signin.too_many")
	case errors.Is(err, account.ErrBusy):
		s.log.Warn("sign-in put off", "remote", v.ip())
		return v.refuseSignIn(http.StatusServiceUnavailable, email, "signin.busy")
	case errors.Is(err, account.ErrRefused):
		s.log.Warn("sign-in refused", "remote", v.ip())
		return v.refuseSignIn(http.StatusUnauthorized, email, "signin.refused")
	case err != nil:
		return err
	}
	return v.enter(user, "sign-in")
}

// enter opens a session under a new token, so that one set before the sign-in
// is worth nothing.
func (v *visit) enter(user store.User, action string) error {
	if err := v.audit(user.Email, action, user.ID); err != nil {
		return err
	}
	if err := v.server.sessions.RenewToken(v.Context()); err != nil {
		return err
	}
	v.server.sessions.Put(v.Context(), keyUser, user.ID)
	v.server.sessions.Put(v.Context(), keySecrets, secretsOf(user))
	v.server.sessions.Put(v.Context(), keyProven, v.server.now().Unix())
	http.Redirect(v.w, v.Request, wayOr(v.PostFormValue("next"), "/"), http.StatusSeeOther)
	return nil
}
