// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"

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
	user, err := s.accounts.Accept(v.Context(), offer, password, v.PostFormValue("code"), gate.Origin(v.RemoteAddr))
	if err != nil {
		return v.refuseWelcome(offer, err)
	}
	return v.enter(user, "first-sign-in")
}
