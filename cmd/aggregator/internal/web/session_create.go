// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"
	"time"

	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/gate"
	"carescan/cmd/aggregator/internal/store"
)

func (s *Server) sessionCreate(v *visit) error {
	email, deed := v.PostFormValue("email"), "sign-in"
	var user store.User
	var err error
	switch answer := v.PostFormValue("passkey"); {
	case answer != "" && s.passkeys != nil:
		deed = "sign-in-passkey"
		user, err = s.passkeys.SignIn(v.Context(), v.PostFormValue("ceremony"), answer, gate.Origin(v.RemoteAddr))
	default:
		code := v.PostFormValue("code")
		if account.IsRecoveryCode(code) {
			deed = "sign-in-recovery"
		}
		user, err = s.accounts.SignIn(v.Context(), account.Proof{
			Email: email, Password: v.PostFormValue("password"), Code: code, Origin: gate.Origin(v.RemoteAddr),
		})
	}
	switch {
	case errors.Is(err, account.ErrTooMany):
		s.log.Warn("sign-in shed", "remote", v.ip())
		if err := v.auditRefusal(user); err != nil {
			return err
		}
		return v.refuseSignIn(http.StatusTooManyRequests, email, "signin.too_many")
	case errors.Is(err, account.ErrBusy):
		s.log.Warn("sign-in put off", "remote", v.ip())
		return v.refuseSignIn(http.StatusServiceUnavailable, email, "signin.busy")
	case errors.Is(err, account.ErrRefused):
		s.log.Warn("sign-in refused", "remote", v.ip())
		if err := v.auditRefusal(user); err != nil {
			return err
		}
		return v.refuseSignIn(http.StatusUnauthorized, email, "signin.refused")
	case err != nil:
		return err
	}
	return v.enter(user, deed, wayOrHome(v.PostFormValue("next")), s.now())
}

// auditRefusal records that a sign-in was refused, of whom when it names somebody known.
// What else was written is not recorded: it may be a password.
func (v *visit) auditRefusal(named store.User) error {
	actor := named.Email
	if actor == "" {
		actor = "?"
	}
	return v.server.store.AuditRefusal(v.Context(), store.Deed{At: time.Now(), Actor: actor, IP: v.ip(), Action: "sign-in-refused", Object: named.Name})
}

// enter opens a session under a new token, so that one set before the sign-in
// is worth nothing. Proven is when the second factor was.
func (v *visit) enter(user store.User, action, then string, proven time.Time) error {
	if err := v.audit(user.Email, action, user.Name); err != nil {
		return err
	}
	if user.Emergency {
		v.server.log.Error("the emergency account was used", "user", user.Email, "remote", v.ip())
		if err := v.audit(user.Email, "emergency-sign-in", user.Name); err != nil {
			return err
		}
	}
	if err := v.server.sessions.RenewToken(v.Context()); err != nil {
		return err
	}
	v.server.sessions.Put(v.Context(), keyUser, user.ID)
	v.server.sessions.Put(v.Context(), keySecrets, secretsOf(user))
	v.server.sessions.Put(v.Context(), keyProven, proven.Unix())
	http.Redirect(v.w, v.Request, then, http.StatusSeeOther)
	return nil
}
