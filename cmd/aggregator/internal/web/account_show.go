// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"

	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/store"
)

// accountBody is what a person sees of their own account.
type accountBody struct {
	Email    string
	Local    bool // signs in with a password, and not by the provider alone
	Passkeys []store.Passkey
	Codes    int // recovery codes left
	Roles    []heldRole
	Tokens   []heldToken
	Notice   string
	// Passkey is what is asked of a device, nil where there are no passkeys.
	Passkey *account.Ceremony
}

func (s *Server) accountShow(v *visit) error { return v.showAccount("") }

func (v *visit) showAccount(notice string) (err error) {
	body := accountBody{Email: v.user.Email, Local: v.user.PasswordHash != "", Notice: notice}
	if body.Passkeys, err = v.server.store.Passkeys(v.Context(), v.user.ID); err != nil {
		return err
	}
	if body.Codes, err = v.server.store.CountRecoveryCodes(v.Context(), v.user.ID); err != nil {
		return err
	}
	tokens, err := v.server.store.APITokens(v.Context(), v.user.ID)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		body.Tokens = append(body.Tokens, heldToken{t})
	}
	bindings, err := v.server.store.AllBindings(v.Context())
	if err != nil {
		return err
	}
	body.Roles = newPerson(v.user, bindings).Roles
	if v.server.passkeys != nil && body.Local {
		c, err := v.server.passkeys.AskNew(v.Context(), v.user)
		if err != nil {
			return err
		}
		body.Passkey, v.scripted = &c, true
	}
	return v.render(statusOf(notice), "account", body)
}

func (s *Server) passkeyAdd(v *visit) error {
	if s.passkeys == nil || v.user.PasswordHash == "" {
		return errNotFound
	}
	made, err := s.passkeys.Made(v.Context(), v.user, v.PostFormValue("name"), v.PostFormValue("ceremony"), v.PostFormValue("passkey"))
	if errors.Is(err, account.ErrRefused) {
		return v.showAccount("passkey.failed")
	}
	if err == nil {
		err = s.store.AddPasskey(v.Context(), made)
	}
	return v.changedAccount(err, "add-passkey", made.Name)
}

func (s *Server) passkeyRemove(v *visit) error {
	err := s.store.RemovePasskey(v.Context(), v.user.ID, v.PathValue("id"))
	if errors.Is(err, store.ErrLast) {
		return v.showAccount("account.last")
	}
	return v.changedAccount(err, "remove-passkey", v.user.Name)
}

func (v *visit) changedAccount(err error, action, object string) error {
	if err == nil {
		err = v.audit(v.user.Email, action, object)
	}
	if err == nil {
		http.Redirect(v.w, v.Request, "/account", http.StatusSeeOther)
	}
	return err
}

// keyRecovery is recovery codes that were made and not shown yet, concealed.
const keyRecovery = "recovery"

func (s *Server) recoveryRenew(v *visit) error {
	if v.user.PasswordHash == "" {
		return errNotFound
	}
	codes, err := s.accounts.RenewRecoveryCodes(v.Context(), v.user.ID)
	if err == nil {
		err = v.keepToShow(keyRecovery, codes)
	}
	if err == nil {
		err = v.audit(v.user.Email, "renew-recovery", v.user.Name)
	}
	if err == nil {
		http.Redirect(v.w, v.Request, "/account/recovery", http.StatusSeeOther)
	}
	return err
}

// recoveryShow shows the recovery codes that were just made, once.
func (s *Server) recoveryShow(v *visit) error {
	var codes []string
	if kept, err := v.takeToShow(keyRecovery, &codes); err != nil || !kept {
		http.Redirect(v.w, v.Request, "/account", http.StatusSeeOther)
		return err
	}
	return v.show("recovery", codes)
}
