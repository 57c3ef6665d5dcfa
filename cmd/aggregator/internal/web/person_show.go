// SPDX-License-Identifier: Apache-2.0

package web

import "net/http"

// personBody is somebody, and what may be done about them.
type personBody struct {
	roleForm
	person
	Oneself bool
}

// Person is who the page is about, for the parts that show people.
func (b personBody) Person() person { return b.person }

func (s *Server) personShow(v *visit) error { return v.showPerson("") }

func (v *visit) showPerson(notice string) error {
	u, err := v.server.store.User(v.Context(), v.PathValue("id"))
	if err != nil {
		return err
	}
	bindings, err := v.server.store.AllBindings(v.Context())
	if err != nil {
		return err
	}
	form, err := v.roleForm(notice)
	if err != nil {
		return err
	}
	return v.render(statusOf(notice), "person", personBody{form, newPerson(u, bindings), u.ID == v.user.ID})
}

// statusOf is that of a form shown again because of what a notice says.
func statusOf(notice string) int {
	if notice != "" {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}
