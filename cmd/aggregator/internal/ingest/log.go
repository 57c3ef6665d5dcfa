// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"errors"
	"fmt"
	"net/http"

	"carescan/cmd/aggregator/internal/gate"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
)

// proveLog gives an agent the proofs of its bundles, and that the log continues the
// checkpoint that it saw last.
func (s *Server) proveLog(w http.ResponseWriter, r *http.Request) error {
	from, err := s.identify(r, toProve)
	if err != nil {
		return err
	}
	var question wire.LogQuestion
	if err := readMessage(r, maxMessage, &question); err != nil {
		return err
	}
	if question.Since < 0 || len(question.Bundles) > wire.MaxAsked {
		return meaningless(fmt.Errorf("at most %d bundles are asked for at once", wire.MaxAsked))
	}
	proofs, err := s.evidence.Proofs(r.Context(), from.scope(), question)
	if errors.Is(err, store.ErrNotFound) {
		return notFound() // nothing was signed yet
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, wire.MediaJSON, proofs)
	return nil
}

// showCheckpoint shows the newest checkpoint to whoever asks: it holds a size, a digest
// and a signature.
func (s *Server) showCheckpoint(w http.ResponseWriter, r *http.Request) error {
	if !s.door.allow(gate.Origin(r.RemoteAddr)) {
		return shed(http.StatusTooManyRequests, "too many requests from this address")
	}
	checkpoint, err := s.evidence.Newest(r.Context())
	if errors.Is(err, store.ErrNotFound) {
		return notFound()
	}
	if err != nil {
		return err
	}
	writeRaw(w, http.StatusOK, wire.MediaCheckpoint, []byte(checkpoint))
	return nil
}
