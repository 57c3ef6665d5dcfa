// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"carescan/cmd/aggregator/internal/account"
)

// signInBody is the sign-in page.
type signInBody struct {
	Email  string
	Next   string // the page to come back to
	Notice string // key of a sentence
	// Passkey is what is asked of a device, nil where there are no passkeys.
	Passkey *account.Ceremony
	// Provider is there when people may sign in by an identity provider.
	Provider bool
}

func (s *Server) sessionNew(v *visit) error {
	return v.showSignIn(http.StatusOK, signInBody{Next: v.URL.Query().Get("next")})
}

func (v *visit) showSignIn(status int, body signInBody) (err error) {
	body.Provider = v.server.settings.Provider != nil
	if body.Passkey, err = v.askPasskey(); err != nil {
		return err
	}
	return v.render(status, "signin", body)
}

// askPasskey has a page ask for any passkey of these pages.
func (v *visit) askPasskey() (*account.Ceremony, error) {
	if v.server.passkeys == nil {
		return nil, nil // there is nothing to ask for
	}
	c, err := v.server.passkeys.Ask()
	v.scripted = true
	return &c, err
}

// refuseSignIn shows the form again. The sentence is the same whatever was wrong.
func (v *visit) refuseSignIn(status int, email, notice string) error {
	switch status {
	case http.StatusTooManyRequests:
		v.w.Header().Set("Retry-After", "900")
	case http.StatusServiceUnavailable:
		v.w.Header().Set("Retry-After", busyWait)
	}
	return v.showSignIn(status, signInBody{Email: email, Next: v.PostFormValue("next"), Notice: notice})
}
