// SPDX-License-Identifier: Apache-2.0

package web

func (s *Server) welcomePicture(v *visit) error {
	offer, err := s.accounts.Welcome(v.Context(), v.PathValue("code"))
	if err != nil {
		return errNotFound
	}
	picture, err := s.accounts.Picture(offer)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "image/png")
	v.w.Header().Set("Cache-Control", "no-store")
	_, _ = v.w.Write(picture) // the reader may be gone
	return nil
}
