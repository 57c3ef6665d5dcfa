// SPDX-License-Identifier: Apache-2.0

package web

import (
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
)

// bundleDownload gives a bundle as its agent sealed it, byte for byte, to be
// verified by anyone with no network.
func (s *Server) bundleDownload(v *visit) error {
	b, err := s.store.Bundle(v.Context(), v.scope(), v.finess(), v.PathValue("id"))
	if err != nil {
		return err
	}
	put, err := s.room.Carry(b.Size)
	if err != nil {
		return err
	}
	defer put()
	raw, err := s.store.Sealed(v.Context(), v.scope(), b.FINESS, b.ID)
	if err != nil {
		return err
	}
	if err := v.audit(v.user.Email, "download-bundle", string(b.FINESS)+"/"+b.ID); err != nil {
		return err
	}
	v.attach(wire.MediaBundle, string(b.FINESS)+"-"+b.ID+bundle.Extension, raw)
	return nil
}
