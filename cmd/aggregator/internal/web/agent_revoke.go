// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"time"
)

func (s *Server) agentRevoke(v *visit) error {
	id := v.PathValue("id")
	if err := s.store.RevokeAgent(v.Context(), v.scope(), id, time.Now()); err != nil {
		return err
	}
	if err := v.audit(v.user.Email, "revoke-agent", id); err != nil {
		return err
	}
	http.Redirect(v.w, v.Request, "/agents", http.StatusSeeOther)
	return nil
}
