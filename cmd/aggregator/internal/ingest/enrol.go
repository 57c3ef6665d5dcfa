// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/gate"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
	"carescan/scanner"
	"carescan/scanner/bounded"
)

// enrol makes an agent known against a token that is used once.
func (s *Server) enrol(w http.ResponseWriter, r *http.Request) error {
	if !s.door.allow(gate.Origin(r.RemoteAddr)) {
		return shed(http.StatusTooManyRequests, "too many enrolments from this address")
	}
	var message wire.EnrolRequest
	if err := readMessage(r, &message); err != nil {
		return err
	}
	if !s.tokens.allow(authority.HashSecret(message.Secret)) {
		return shed(http.StatusTooManyRequests, "too many enrolments with this token")
	}
	response, err := s.enrolAgent(r, message)
	if err != nil {
		return err
	}
	s.log.Info("agent enrolled", "agent", response.AgentID, "finess", response.Establishment.FINESS)
	writeJSON(w, http.StatusCreated, wire.MediaJSON, response)
	return nil
}

func (s *Server) enrolAgent(r *http.Request, message wire.EnrolRequest) (*wire.EnrolResponse, error) {
	request, err := parseRequest(message.CSR, message.Software)
	if err != nil {
		return nil, err
	}
	agent, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("name agent: %w", err)
	}
	return s.enrolAs(r, agent.String(), request, message)
}

func (s *Server) enrolAs(r *http.Request, agent string, request authority.Request, message wire.EnrolRequest) (*wire.EnrolResponse, error) {
	var issued authority.Issued
	now := time.Now()
	site, err := s.store.Enrol(r.Context(), store.Enrolment{
		TokenHash: authority.HashSecret(message.Secret), AgentID: agent, Software: message.Software, At: now,
		Certificate: func(finess scanner.FINESS) (c store.Certificate, err error) {
			issued, err = s.authority.Certify(request, finess, agent, now)
			return certificateOf(agent, request, issued), err
		},
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, unknown(err)
	}
	if err != nil {
		return nil, err
	}
	if err := s.audit(r, agent, "enrol", string(site.FINESS)); err != nil {
		return nil, err
	}
	return s.enrolled(agent, issued, site)
}

// renew gives a known agent its next certificate.
func (s *Server) renew(w http.ResponseWriter, r *http.Request) error {
	from, err := s.identify(r, authority.RenewalGrace)
	if err != nil {
		return err
	}
	var message wire.RenewRequest
	if err := readMessage(r, &message); err != nil {
		return err
	}
	request, err := parseRequest(message.CSR, message.Software)
	if err != nil {
		return err
	}
	if !from.mayRenew(request) {
		return unknown(errors.New("renewal of an ended certificate that is not the newest, or with another key"))
	}
	response, err := s.renewFor(r, from, request, message.Software)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, wire.MediaJSON, response)
	return nil
}

// mayRenew lets any certificate in force be renewed; past its end, only the
// newest of the agent, and only for the same key.
func (c caller) mayRenew(request authority.Request) bool {
	inForce := !time.Now().After(c.certificate.NotAfter)
	return inForce || c.certificate.SupersededBy == "" && request.KeyID == c.certificate.KeyDigest
}

func (s *Server) renewFor(r *http.Request, from caller, request authority.Request, software string) (*wire.EnrolResponse, error) {
	site, err := s.store.Establishment(r.Context(), from.scope(), from.FINESS)
	if err != nil {
		return nil, err
	}
	issued, err := s.authority.Certify(request, from.FINESS, from.AgentID, time.Now())
	if err != nil {
		return nil, err
	}
	if err := s.store.Renew(r.Context(), certificateOf(from.AgentID, request, issued), from.Serial, software); err != nil {
		return nil, err
	}
	if err := s.audit(r, from.AgentID, "renew", string(site.FINESS)); err != nil {
		return nil, err
	}
	return s.enrolled(from.AgentID, issued, site)
}

func (s *Server) enrolled(agent string, issued authority.Issued, site scanner.Establishment) (*wire.EnrolResponse, error) {
	seal, err := s.authority.SealKey()
	return &wire.EnrolResponse{
		AgentID: agent, Certificate: issued.PEM, CA: s.authority.PEM(), SealKey: seal, Establishment: site,
	}, err
}

func certificateOf(agent string, r authority.Request, i authority.Issued) store.Certificate {
	return store.Certificate{
		Serial: i.Serial, AgentID: agent, PublicKey: r.PublicKey, KeyDigest: r.KeyID, NotBefore: i.NotBefore, NotAfter: i.NotAfter,
	}
}

func (s *Server) audit(r *http.Request, agent, action, object string) error {
	return s.store.Audit(r.Context(), store.Deed{
		At: time.Now(), Actor: "agent " + agent, IP: remoteIP(r), Action: action, Object: object,
	})
}

func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// readMessage reads a small JSON message. Unknown fields pass: a newer agent
// may say more than we know.
func readMessage(r *http.Request, into any) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != wire.MediaJSON {
		return refuse(http.StatusUnsupportedMediaType, wire.MediaJSON+" is expected", err)
	}
	raw, whole, err := bounded.Read(r.Body, maxMessage)
	if err != nil {
		return malformed(fmt.Errorf("read message: %w", err))
	}
	if !whole {
		return tooLarge(fmt.Errorf("a message has at most %d bytes", maxMessage))
	}
	if err := bundle.CheckText(raw, maxMessage); err != nil {
		return malformed(fmt.Errorf("read message: %w", err))
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return malformed(fmt.Errorf("read message: %w", err))
	}
	return nil
}

func parseRequest(csr, software string) (authority.Request, error) {
	if len(software) > 200 || strings.ContainsFunc(software, unicode.IsControl) {
		return authority.Request{}, meaningless(errors.New("the name of the software is no plain text of at most 200 bytes"))
	}
	request, err := authority.ParseRequest(csr)
	if err != nil {
		return request, meaningless(err)
	}
	return request, nil
}
