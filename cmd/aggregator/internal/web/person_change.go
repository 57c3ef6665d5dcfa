// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/store"
)

// another finds the person of an address of the pages, whom the reader may change:
// somebody else, who holds nothing that the reader does not.
func (v *visit) another() (store.User, error) {
	u, err := v.server.store.User(v.Context(), v.PathValue("id"))
	if err != nil {
		return u, err
	}
	if u.ID == v.user.ID {
		return u, access.ErrSelf
	}
	bindings, err := v.server.store.Bindings(v.Context(), u.ID, time.Now())
	if err != nil {
		return u, err
	}
	for _, b := range bindings {
		if err := v.rights.MayGive(b); err != nil {
			return u, err
		}
	}
	return u, nil
}

// change does something to another person, records it, and shows where things stand.
func (v *visit) change(action, then string, do func(context.Context, string) error) error {
	u, err := v.another()
	if notice := whyNot(err); notice != "" {
		return v.showPerson(notice)
	}
	if err == nil {
		err = do(v.Context(), u.ID)
	}
	if err == nil {
		err = v.audit(v.user.Email, action, u.Email)
	}
	if err == nil {
		http.Redirect(v.w, v.Request, then, http.StatusSeeOther)
	}
	return err
}

func (v *visit) personPath() string { return "/people/" + url.PathEscape(v.PathValue("id")) }

func (s *Server) personDisable(v *visit) error {
	return v.change("disable-user", v.personPath(), s.accounts.Disable)
}

func (s *Server) personEnable(v *visit) error {
	return v.change("enable-user", v.personPath(), s.accounts.Enable)
}

func (s *Server) personRemove(v *visit) error {
	return v.change("remove-user", "/people", s.store.RemoveUser)
}

// personReset gives somebody a link to choose new secrets, the second factor included.
func (s *Server) personReset(v *visit) error {
	u, err := v.another()
	if notice := whyNot(err); notice != "" {
		return v.showPerson(notice)
	}
	if err != nil {
		return err
	}
	code, err := s.accounts.Reset(v.Context(), u.Email)
	if notice := whyNot(err); notice != "" {
		return v.showPerson(notice)
	}
	if err != nil {
		return err
	}
	if err := v.audit(v.user.Email, "reset-user", u.Email); err != nil {
		return err
	}
	return v.showLink(u.Email, code)
}

func (s *Server) roleGrant(v *visit) error {
	u, err := v.another()
	var role store.Binding
	if err == nil {
		role, err = v.givenRole()
	}
	if err == nil {
		err = s.accounts.Grant(v.Context(), u.ID, role, v.user.Email)
	}
	if notice := whyNot(err); notice != "" {
		return v.showPerson(notice)
	}
	return v.changedRole(err, "grant-role", u, role)
}

func (s *Server) roleWithdraw(v *visit) error {
	u, err := v.another()
	if notice := whyNot(err); notice != "" {
		return v.showPerson(notice)
	}
	if err != nil {
		return err
	}
	role, err := s.store.Binding(v.Context(), v.PathValue("role"))
	if err == nil && role.UserID != u.ID {
		return errNotFound
	}
	if err == nil {
		err = s.store.Withdraw(v.Context(), role.ID)
	}
	return v.changedRole(err, "withdraw-role", u, role)
}

func (v *visit) changedRole(err error, action string, u store.User, role store.Binding) error {
	if err == nil {
		err = v.audit(v.user.Email, action, u.Email+", "+role.Role+", "+access.WritePlace(role))
	}
	if err == nil {
		http.Redirect(v.w, v.Request, v.personPath(), http.StatusSeeOther)
	}
	return err
}
