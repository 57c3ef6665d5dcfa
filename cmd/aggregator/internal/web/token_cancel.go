// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"time"
)

func (s *Server) tokenCancel(v *visit) error {
	token, err := s.store.CancelToken(v.Context(), v.scope(), v.PathValue("id"), time.Now())
	if err != nil {
		return err
	}
	if err := v.audit(v.user.Email, "cancel-enrol-token", string(token.FINESS)); err != nil {
		return err
	}
	http.Redirect(v.w, v.Request, "/agents", http.StatusSeeOther)
	return nil
}
