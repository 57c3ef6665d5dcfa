// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"bytes"
	"context"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/gate"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// caller is an agent that proved who it is. Its establishment comes from its
// certificate and from nowhere else.
type caller struct {
	authority.Identity
	agent       store.Agent
	certificate store.Certificate
}

// scope is all that the caller may read.
func (c caller) scope() store.Scope { return store.Only(c.FINESS) }

// purpose is what a request is for: which agents may make it, and how long after the end
// of their certificate.
type purpose struct {
	states []store.AgentState
	grace  time.Duration
}

// A suspended agent still renews its certificate: it may be let in again, and must not have
// to be enrolled anew for that.
var (
	toDeliver = purpose{states: []store.AgentState{store.AgentActive}}
	toRenew   = purpose{states: []store.AgentState{store.AgentActive, store.AgentSuspended}, grace: authority.RenewalGrace}
	toProve   = purpose{states: []store.AgentState{store.AgentActive, store.AgentSuspended}} // what was delivered before
	toBeat    = purpose{states: []store.AgentState{store.AgentActive, store.AgentSuspended, store.AgentPending}}
)

// identify tells who is calling.
func (s *Server) identify(r *http.Request, to purpose) (caller, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return caller{}, unknown(errors.New("no client certificate"))
	}
	shown := r.TLS.PeerCertificates[0]
	id, err := s.authority.Identify(shown, time.Now(), to.grace)
	ended := errors.Is(err, authority.ErrEnded)
	if err != nil && !ended {
		return caller{}, unknown(err)
	}
	if !s.agents.allow(id.AgentID) {
		return caller{}, shed(http.StatusTooManyRequests, "too many requests of this agent")
	}
	c, err := s.known(r, id, shown)
	if errors.Is(err, store.ErrNotFound) {
		return caller{}, unknown(err)
	}
	if err != nil {
		return caller{}, err
	}
	if err := c.mayCome(to, ended); err != nil {
		return caller{}, err
	}
	if c.certificate.FirstUsedAt.IsZero() {
		if err := s.store.UseCertificate(r.Context(), c.certificate, time.Now()); err != nil {
			return caller{}, err
		}
	}
	if !gate.Known(r.Context(), id.AgentID) {
		return caller{}, shed(http.StatusTooManyRequests, "too many connections of this agent")
	}
	return c, nil
}

// mayCome refuses an agent that is known and may not do what it came for. One that waits,
// or is suspended, is told so, because its people have to know; all others hear the same.
func (c caller) mayCome(to purpose, ended bool) error {
	state := c.agent.State
	switch {
	case state == store.AgentRevoked:
		return unknown(errors.New("the agent is revoked")).as(store.RefusedRevoked)
	case ended:
		return unknown(authority.ErrEnded).as(store.RefusedEnded)
	case c.certificate.Replaced:
		return unknown(fmt.Errorf("certificate %s was replaced, and its successor used", c.Serial)).as(store.RefusedReplaced)
	case slices.Contains(to.states, state):
		return nil
	case state == store.AgentPending:
		return passing(wire.ProblemPending, refuse(http.StatusForbidden, "the agent is not approved yet", errors.New("pending"))).as(store.RefusedPending)
	}
	return passing(wire.ProblemSuspended, refuse(http.StatusForbidden, "the agent is suspended", errors.New("suspended"))).as(store.RefusedSuspended)
}

// known looks the agent and its certificate up at each request: what a person decides is
// effective at the next one, wherever it is served.
func (s *Server) known(r *http.Request, id authority.Identity, shown *x509.Certificate) (caller, error) {
	c := caller{Identity: id}
	var err error
	if c.agent, err = s.store.Agent(r.Context(), c.scope(), id.AgentID); err != nil {
		return c, err
	}
	witnessOf(r.Context()).agent = c.agent
	c.certificate, err = s.store.Certificate(r.Context(), c.scope(), id.Serial)
	if errors.Is(err, store.ErrNotFound) {
		c.certificate, err = s.recognise(r, c, shown)
	}
	switch {
	case err != nil:
		return c, err
	case c.certificate.AgentID != id.AgentID,
		subtle.ConstantTimeCompare(c.certificate.PublicKey, shown.RawSubjectPublicKeyInfo) != 1:
		return c, unknown(errors.New("not the key, or not the agent, that the certificate was made for")).as(store.RefusedKey)
	}
	return c, nil
}

// recognise takes back a certificate of ours that the database does not know, of a key
// that it knows for the same agent: one renewed after the copy that the region was
// restored from.
func (s *Server) recognise(r *http.Request, c caller, shown *x509.Certificate) (store.Certificate, error) {
	key := scanner.Digest(shown.RawSubjectPublicKeyInfo)
	certificates, err := s.store.Certificates(r.Context(), c.scope(), c.AgentID)
	if err != nil {
		return store.Certificate{}, err
	}
	for _, known := range certificates {
		if bytes.Equal(known.PublicKey, shown.RawSubjectPublicKeyInfo) {
			s.log.Warn("certificate renewed after the copy the region was restored from", "agent", c.AgentID, "serial", c.Serial)
			if err := s.store.Recognise(r.Context(), store.Certificate{
				Serial: c.Serial, AgentID: c.AgentID, FINESS: c.FINESS, PublicKey: known.PublicKey, KeyDigest: known.KeyDigest,
				NotBefore: shown.NotBefore, NotAfter: shown.NotAfter,
			}); err != nil {
				return store.Certificate{}, err
			}
			return s.store.Certificate(r.Context(), c.scope(), c.Serial)
		}
	}
	return store.Certificate{}, unknown(fmt.Errorf("certificate %s of key %s is not known", c.Serial, key)).as(store.RefusedCertificate)
}

// witness is what is known of who made a request, whatever becomes of it.
type witness struct{ agent store.Agent }

type witnessKey struct{}

// withWitness has a request remember who made it.
func withWitness(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), witnessKey{}, new(witness)))
}

func witnessOf(ctx context.Context) *witness {
	if seen, ok := ctx.Value(witnessKey{}).(*witness); ok {
		return seen
	}
	return new(witness)
}
