// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// person is somebody with all the roles they hold, and held.
type person struct {
	store.User
	Disabled bool
	Roles    []heldRole
}

// heldRole is a role as a page shows it.
type heldRole struct{ store.Binding }

// Label is the name of the role.
func (r heldRole) Label() scanner.Text { return access.Role(r.Role).Label() }

// Where is the place in words.
func (r heldRole) Where() scanner.Text { return access.PlaceLabel(r.Binding) }

// roleForm is what a form that gives a role offers.
type roleForm struct {
	Offered []access.Role
	Places  []string
	Notice  string // key of a sentence
}

func (v *visit) roleForm(notice string) (f roleForm, err error) {
	homes, err := v.server.store.Homes(v.Context(), v.scope())
	f = roleForm{access.Roles(), []string{"region"}, notice}
	add := func(kind store.PlaceKind, place string) {
		if text := string(kind) + ":" + place; place != "" && !slices.Contains(f.Places, text) {
			f.Places = append(f.Places, text)
		}
	}
	for _, h := range homes {
		add(store.PlaceGHT, h.GHT)
		add(store.PlaceLegal, string(h.LegalFINESS))
		add(store.PlaceSite, string(h.FINESS))
	}
	return f, err
}

// peopleBody is everybody, and how to invite one more.
type peopleBody struct {
	roleForm
	People []person
}

func (s *Server) personList(v *visit) error { return v.showPeople("") }

func (v *visit) showPeople(notice string) error {
	form, err := v.roleForm(notice)
	if err != nil {
		return err
	}
	users, err := v.server.store.Users(v.Context())
	if err != nil {
		return err
	}
	bindings, err := v.server.store.AllBindings(v.Context())
	if err != nil {
		return err
	}
	body := peopleBody{roleForm: form}
	for _, u := range users {
		body.People = append(body.People, newPerson(u, bindings))
	}
	return v.render(statusOf(notice), "people", body)
}

func newPerson(u store.User, bindings []store.Binding) person {
	p := person{User: u, Disabled: !u.DisabledAt.IsZero()}
	for _, b := range bindings {
		if b.UserID == u.ID {
			p.Roles = append(p.Roles, heldRole{b})
		}
	}
	return p
}
