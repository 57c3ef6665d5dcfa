// SPDX-License-Identifier: Apache-2.0

package web

const deedsShown = 200

func (s *Server) auditList(v *visit) error {
	deeds, err := s.store.Deeds(v.Context(), v.scope(), deedsShown)
	if err != nil {
		return err
	}
	return v.show("audit", deeds)
}
