// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"time"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/gate"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// caller is an agent that proved who it is. Its establishment comes from its
// certificate and from nowhere else.
type caller struct {
	authority.Identity
	certificate store.Certificate
}

// scope is all that the caller may read.
func (c caller) scope() store.Scope { return store.Only(c.FINESS) }

// identify tells who is calling; grace lets a certificate that ended lately pass.
func (s *Server) identify(r *http.Request, grace time.Duration) (caller, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return caller{}, unknown(errors.New("no client certificate"))
	}
	id, err := s.authority.Identify(r.TLS.PeerCertificates[0], time.Now(), grace)
	if err != nil {
		return caller{}, unknown(err)
	}
	c, err := s.known(r, id)
	if errors.Is(err, store.ErrNotFound) {
		return caller{}, unknown(err)
	}
	if err != nil {
		return caller{}, err
	}
	if !s.agents.allow(id.AgentID) {
		return caller{}, shed(http.StatusTooManyRequests, "too many requests of this agent")
	}
	if !gate.Known(r.Context(), id.AgentID) {
		return caller{}, shed(http.StatusTooManyRequests, "too many connections of this agent")
	}
	return c, nil
}

// known looks the agent up: revoking it is effective at its next request.
func (s *Server) known(r *http.Request, id authority.Identity) (caller, error) {
	c := caller{Identity: id}
	agent, err := s.store.Agent(r.Context(), c.scope(), id.AgentID)
	if err != nil {
		return c, err
	}
	if agent.State != store.AgentActive {
		return c, unknown(fmt.Errorf("agent %s is %s", id.AgentID, agent.State))
	}
	c.certificate, err = s.store.Certificate(r.Context(), c.scope(), id.Serial)
	switch {
	case errors.Is(err, store.ErrNotFound):
		c.certificate, err = s.recognise(r, c)
	case err == nil && c.certificate.AgentID != id.AgentID:
		err = fmt.Errorf("certificate of another agent: %w", store.ErrNotFound)
	}
	return c, err
}

// recognise accepts a certificate of ours that the database does not know, of a key
// that it knows for the same agent: one renewed after the copy that the region was
// restored from.
func (s *Server) recognise(r *http.Request, c caller) (store.Certificate, error) {
	shown := r.TLS.PeerCertificates[0]
	key := scanner.Digest(shown.RawSubjectPublicKeyInfo)
	certificates, err := s.store.Certificates(r.Context(), c.scope(), c.AgentID)
	if err != nil {
		return store.Certificate{}, err
	}
	for _, known := range certificates {
		if bytes.Equal(known.PublicKey, shown.RawSubjectPublicKeyInfo) {
			s.log.Warn("certificate renewed after the copy the region was restored from", "agent", c.AgentID, "serial", c.Serial)
			known.Serial, known.NotBefore, known.NotAfter, known.SupersededBy = c.Serial, shown.NotBefore, shown.NotAfter, ""
			return known, nil
		}
	}
	return store.Certificate{}, fmt.Errorf("certificate %s of key %s: %w", c.Serial, key, store.ErrNotFound)
}
