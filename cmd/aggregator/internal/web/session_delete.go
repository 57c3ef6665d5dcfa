// SPDX-License-Identifier: Apache-2.0

package web

import "net/http"

func (s *Server) sessionDelete(v *visit) error {
	if err := v.audit(v.user.Email, "sign-out", v.user.Name); err != nil {
		return err
	}
	if err := s.sessions.Destroy(v.Context()); err != nil {
		return err
	}
	http.Redirect(v.w, v.Request, "/sign-in", http.StatusSeeOther)
	return nil
}
