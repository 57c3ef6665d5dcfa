// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/gate"
)

// freshFor is how long a proof of the second factor lets grave things be done.
const freshFor = 10 * time.Minute

// isFresh tells whether the second factor was proven a short while ago.
func (v *visit) isFresh() bool {
	proven := time.Unix(v.server.sessions.GetInt64(v.Context(), keyProven), 0)
	return v.server.now().Sub(proven) < freshFor
}

// askAgain asks for the second factor before a deed, and leads back to its page.
func (v *visit) askAgain(from string) error {
	from = strings.ReplaceAll(from, "{id}", url.PathEscape(v.PathValue("id")))
	http.Redirect(v.w, v.Request, "/confirm?"+url.Values{"next": {from}}.Encode(), http.StatusSeeOther)
	return nil
}

// confirmBody asks for the second factor once more.
type confirmBody struct {
	Next   string
	Notice string // key of a sentence
	// Passkey is what is asked of a device, nil where there are no passkeys.
	Passkey *account.Ceremony
	// Federated people prove themselves to their identity provider.
	Federated bool
}

func (s *Server) confirmShow(v *visit) error {
	return v.showConfirm(http.StatusOK, v.URL.Query().Get("next"), "")
}

func (v *visit) showConfirm(status int, next, notice string) error {
	body := confirmBody{Next: next, Notice: notice, Federated: v.user.PasswordHash == "" && v.server.settings.Provider != nil}
	if !body.Federated {
		passkey, err := v.askPasskey()
		if err != nil {
			return err
		}
		body.Passkey = passkey
	}
	return v.render(status, "confirm", body)
}

func (s *Server) confirmAccept(v *visit) error {
	next := v.PostFormValue("next")
	again := func(status int, notice string) error {
		return v.showConfirm(status, next, notice)
	}
	var err error
	if answer := v.PostFormValue("passkey"); answer != "" && s.passkeys != nil {
		err = s.passkeys.Confirm(v.Context(), v.user, v.PostFormValue("ceremony"), answer)
	} else {
		err = s.accounts.Confirm(v.Context(), v.user, v.PostFormValue("code"), gate.Origin(v.RemoteAddr))
	}
	switch {
	case errors.Is(err, account.ErrTooMany):
		return again(http.StatusTooManyRequests, "signin.too_many")
	case errors.Is(err, account.ErrRefused):
		return again(http.StatusUnauthorized, "confirm.refused")
	case err != nil:
		return err
	}
	s.sessions.Put(v.Context(), keyProven, s.now().Unix())
	http.Redirect(v.w, v.Request, wayOrHome(next), http.StatusSeeOther)
	return nil
}
