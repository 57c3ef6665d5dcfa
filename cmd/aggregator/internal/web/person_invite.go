// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner/settings"
)

// keyLink is a one-time link that was made and not shown yet, concealed.
const keyLink = "link"

// linkBody shows the link of a person, this once.
type linkBody struct{ Email, Link string }

// givenRole reads the role that a form gives, which its giver must hold.
func (v *visit) givenRole() (b store.Binding, err error) {
	b.Role = v.PostFormValue("role")
	if b.Kind, b.Place, err = access.ParsePlace(v.PostFormValue("at")); err != nil {
		return b, errPlace
	}
	if until := v.PostFormValue("until"); until != "" {
		day, err := settings.ParseDay(until)
		if err != nil {
			return b, errUntil
		}
		b.ExpiresAt = day.End()
	}
	if err := access.Check(b); err != nil {
		return b, err
	}
	if b.Scope, err = v.server.store.Place(v.Context(), b.Kind, b.Place); err != nil {
		return b, err
	}
	if b.Scope.IsNothing() {
		return b, errPlace
	}
	return b, v.rights.MayGive(b)
}

var (
	errPlace = errors.New("no such place")
	errUntil = errors.New("no such day")
)

// whyNot is the sentence for a role that is not given, empty for another error.
func whyNot(err error) string {
	for known, notice := range map[error]string{
		errPlace: "people.no_place", errUntil: "people.no_day", access.ErrPlace: "people.wrong_place", access.ErrRole: "people.wrong_place",
		access.ErrEnd: "people.needs_end", access.ErrMore: "people.more", access.ErrSelf: "people.oneself", store.ErrExists: "people.exists",
		account.ErrAddress: "people.bad_address", account.ErrFederated: "people.federated",
	} {
		if errors.Is(err, known) {
			return notice
		}
	}
	return ""
}

func (s *Server) personInvite(v *visit) error {
	role, err := v.givenRole()
	var code string
	p := account.Person{Name: v.PostFormValue("name"), Email: v.PostFormValue("email"), Roles: []store.Binding{role}, GrantedBy: v.user.Email}
	if err == nil {
		code, err = s.accounts.Invite(v.Context(), p)
	}
	if notice := whyNot(err); notice != "" {
		return v.showPeople(notice)
	}
	if err != nil {
		return err
	}
	if err := v.audit(v.user.Email, "add-user", p.Email+", "+role.Role+", "+access.WritePlace(role)); err != nil {
		return err
	}
	return v.showLink(p.Email, code)
}

// showLink leads to the page that shows a link once.
func (v *visit) showLink(email, code string) error {
	if err := v.keepToShow(keyLink, linkBody{email, "https://" + v.Host + "/welcome/" + code}); err != nil {
		return err
	}
	http.Redirect(v.w, v.Request, "/people/link", http.StatusSeeOther)
	return nil
}

func (s *Server) personLink(v *visit) error {
	var body linkBody
	if kept, err := v.takeToShow(keyLink, &body); err != nil || !kept {
		http.Redirect(v.w, v.Request, "/people", http.StatusSeeOther)
		return err
	}
	return v.show("link", body)
}
