// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"slices"
	"strconv"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// factDownload gives a fact that a finding rests on, byte for byte as it was sealed.
func (s *Server) factDownload(v *visit) error {
	f, err := s.store.Finding(v.Context(), v.scope(), v.finess(), v.PathValue("fingerprint"))
	if err != nil {
		return err
	}
	wanted := v.PathValue("observation")
	var fact []byte
	var put func()
	err = s.reopened(v, f, func(_ store.Bundle, seen []scanner.Observation) error {
		at := slices.IndexFunc(seen, func(o scanner.Observation) bool { return o.ID == wanted && len(o.Fact) > 0 })
		if at < 0 {
			return errNotFound
		}
		fact = seen[at].Fact
		put, err = s.room.Carry(len(fact))
		return err
	})
	if err != nil {
		return err
	}
	defer put()
	if err := v.audit(v.user.Email, "download-fact", string(f.FINESS)+"/"+wanted); err != nil {
		return err
	}
	v.attach(wire.MediaJSON, string(f.FINESS)+"-"+wanted+".json", fact)
	return nil
}

// attach sends bytes as a file to keep, which no browser shows in place of a page.
func (v *visit) attach(media, name string, data []byte) {
	v.w.Header().Set("Content-Type", media)
	v.w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	v.w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	_, _ = v.w.Write(data) // the reader may be gone
}
