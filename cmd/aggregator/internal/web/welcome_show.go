// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"

	"carescan/cmd/aggregator/internal/account"
)

// welcomeBody is the first sign-in: a password and a second factor to choose.
type welcomeBody struct {
	account.Offer
	Code   string // of the link
	Notice string // key of a sentence
	// Passkey is what is asked of a device, nil where there are no passkeys.
	Passkey *account.Ceremony
}

func (s *Server) welcomeShow(v *visit) error {
	offer, err := s.accounts.Welcome(v.Context(), v.PathValue("code"))
	if err != nil {
		return v.refuseWelcome(offer, err)
	}
	return v.showWelcome(http.StatusOK, offer, "")
}

func (v *visit) showWelcome(status int, o account.Offer, notice string) error {
	body := welcomeBody{Offer: o, Code: v.PathValue("code"), Notice: notice}
	if v.server.passkeys != nil {
		c, err := v.server.passkeys.AskOffered(v.Context(), o)
		if err != nil {
			return err
		}
		body.Passkey, v.scripted = &c, true
	}
	return v.render(status, "welcome", body)
}

func (v *visit) refuseWelcome(o account.Offer, err error) error {
	again := func(notice string) error {
		return v.showWelcome(http.StatusUnprocessableEntity, o, notice)
	}
	switch {
	case errors.Is(err, account.ErrLink):
		v.problem(http.StatusNotFound, "problem.link", "")
		return nil
	case errors.Is(err, account.ErrPassword):
		return again("welcome.weak_password")
	case errors.Is(err, account.ErrCode):
		return again("welcome.wrong_code")
	case errors.Is(err, account.ErrRefused):
		return again("passkey.failed")
	case errors.Is(err, errDifferent):
		return again("welcome.different")
	}
	return err
}
