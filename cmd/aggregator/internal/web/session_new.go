// SPDX-License-Identifier: Apache-2.0

package web

import "net/http"

// signInBody is the sign-in page.
type signInBody struct {
	Email  string
	Next   string // the page to come back to
	Notice string // key of a sentence
}

func (s *Server) sessionNew(v *visit) error {
	return v.show("signin", signInBody{Next: v.URL.Query().Get("next")})
}

// refuseSignIn shows the form again. The sentence is the same whatever was wrong.
func (v *visit) refuseSignIn(status int, email, notice string) error {
	switch status {
	case http.StatusTooManyRequests:
		v.w.Header().Set("Retry-After", "900")
	case http.StatusServiceUnavailable:
		v.w.Header().Set("Retry-After", busyWait)
	}
	return v.render(status, "signin", signInBody{email, v.PostFormValue("next"), notice})
}
