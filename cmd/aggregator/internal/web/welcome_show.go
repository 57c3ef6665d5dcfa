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
}

func (s *Server) welcomeShow(v *visit) error {
	offer, err := s.accounts.Welcome(v.Context(), v.PathValue("code"))
	if err != nil {
		return v.refuseWelcome(offer, err)
	}
	return v.show("welcome", welcomeBody{offer, v.PathValue("code"), ""})
}

func (v *visit) refuseWelcome(o account.Offer, err error) error {
	again := func(notice string) error {
		return v.render(http.StatusUnprocessableEntity, "welcome", welcomeBody{o, v.PathValue("code"), notice})
	}
	switch {
	case errors.Is(err, account.ErrLink):
		v.problem(http.StatusNotFound, "problem.link", "")
		return nil
	case errors.Is(err, account.ErrPassword):
		return again("welcome.weak_password")
	case errors.Is(err, account.ErrCode):
		return again("welcome.wrong_code")
	case errors.Is(err, errDifferent):
		return again("welcome.different")
	}
	return err
}
