// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"

	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/gate"
)

var errDifferent = errors.New("the passwords differ")

func (s *Server) welcomeAccept(v *visit) error {
	offer, err := s.accounts.Welcome(v.Context(), v.PathValue("code"))
	if err != nil {
		return v.refuseWelcome(offer, err)
	}
	password := v.PostFormValue("password")
	if password != v.PostFormValue("again") {
		return v.refuseWelcome(offer, errDifferent)
	}
	choice := account.Choice{Password: password, Code: v.PostFormValue("code"), Origin: gate.Origin(v.RemoteAddr)}
	if answer := v.PostFormValue("passkey"); answer != "" && s.passkeys != nil {
		made, err := s.passkeys.MadeForOffer(v.Context(), offer, v.PostFormValue("name"), v.PostFormValue("ceremony"), answer)
		if err != nil {
			return v.refuseWelcome(offer, err)
		}
		choice.Passkey = &made
	}
	user, codes, err := s.accounts.Accept(v.Context(), offer, choice)
	if err != nil {
		return v.refuseWelcome(offer, err)
	}
	v.user = user
	if err := v.keepToShow(keyRecovery, codes); err != nil {
		return err
	}
	return v.enter(user, "first-sign-in", "/account/recovery", s.now())
}
