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
	if err := readMessage(r, maxMessage, &message); err != nil {
		return err
	}
	if !s.byCertificate(r, message.Secret) && !s.tokens.allow(authority.HashSecret(message.Secret)) {
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

// enrolAgent lets an agent in that brings a token, or shows a certificate of the PKI that
// the region trusts beside its own and brings none.
func (s *Server) enrolAgent(r *http.Request, message wire.EnrolRequest) (*wire.EnrolResponse, error) {
	request, err := parseRequest(message.CSR, message.Software)
	if err != nil {
		return nil, err
	}
	agent, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("name agent: %w", err)
	}
	var issued authority.Issued
	now := time.Now()
	asked := store.Enrolment{
		TokenHash: authority.HashSecret(message.Secret), AgentID: agent.String(), Software: message.Software, At: now, Approve: s.settings.Approve,
		Certificate: func(finess scanner.FINESS, agent string) (c store.Certificate, err error) {
			issued, err = s.authority.Certify(request, finess, agent, now)
			return certificateOf(agent, finess, request, issued), err
		},
	}
	made, err := s.admit(r, message.Secret, asked)
	if errors.Is(err, store.ErrNotFound) {
		return nil, unknown(err)
	}
	if err != nil {
		return nil, err
	}
	if err := s.audit(r, made.Agent, "enrol", made.Site.Name); err != nil {
		return nil, err
	}
	return s.enrolled(made.Agent, issued, made.Site)
}

// byCertificate tells whether an enrolment rests on a certificate of another PKI.
func (s *Server) byCertificate(r *http.Request, secret string) bool {
	return secret == "" && s.settings.External != nil && r.TLS != nil && len(r.TLS.PeerCertificates) > 0
}

func (s *Server) admit(r *http.Request, secret string, asked store.Enrolment) (store.Enrolled, error) {
	if !s.byCertificate(r, secret) {
		return s.store.Enrol(r.Context(), asked)
	}
	name, err := s.settings.External.Identify(r.TLS.PeerCertificates, asked.At)
	if err != nil {
		return store.Enrolled{}, unknown(err)
	}
	if !s.tokens.allow(string(name.FINESS) + " " + name.Name) {
		return store.Enrolled{}, shed(http.StatusTooManyRequests, "too many enrolments with this certificate")
	}
	return s.store.EnrolExternal(r.Context(), name.FINESS, name.Name, asked)
}

// renew gives a known agent its next certificate.
func (s *Server) renew(w http.ResponseWriter, r *http.Request) error {
	from, err := s.identify(r, toRenew)
	if err != nil {
		return err
	}
	var message wire.RenewRequest
	if err := readMessage(r, maxMessage, &message); err != nil {
		return err
	}
	request, err := parseRequest(message.CSR, message.Software)
	if err != nil {
		return err
	}
	if !from.mayRenew(request) {
		return unknown(errors.New("renewal of an ended certificate with another key")).as(store.RefusedEnded)
	}
	response, err := s.renewFor(r, from, request, message.Software)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, wire.MediaJSON, response)
	return nil
}

// mayRenew lets any certificate in force be renewed; past its end, only for the same key.
// In both cases it is the newest that was used: identify refused every other.
func (c caller) mayRenew(request authority.Request) bool {
	return !time.Now().After(c.certificate.NotAfter) || request.KeyID == c.certificate.KeyDigest
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
	if err := s.store.Renew(r.Context(), certificateOf(from.AgentID, from.FINESS, request, issued), from.Serial, software); err != nil {
		return nil, err
	}
	if err := s.audit(r, from.agent, "renew", site.Name); err != nil {
		return nil, err
	}
	return s.enrolled(from.agent, issued, site)
}

func (s *Server) enrolled(agent store.Agent, issued authority.Issued, site scanner.Establishment) (*wire.EnrolResponse, error) {
	seal, err := s.authority.SealKey()
	return &wire.EnrolResponse{
		AgentID: agent.ID, Certificate: issued.PEM, CA: s.authority.PEM(), SealKey: seal, Establishment: site, State: string(agent.State),
	}, err
}

func certificateOf(agent string, finess scanner.FINESS, r authority.Request, i authority.Issued) store.Certificate {
	return store.Certificate{
		Serial: i.Serial, AgentID: agent, FINESS: finess, PublicKey: r.PublicKey, KeyDigest: r.KeyID, NotBefore: i.NotBefore, NotAfter: i.NotAfter,
	}
}

func (s *Server) audit(r *http.Request, agent store.Agent, action, object string) error {
	return s.store.Audit(r.Context(), store.Deed{
		At: time.Now(), Actor: agent.Called(), IP: remoteIP(r), Action: action, Object: object,
	})
}

func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// readMessage reads a JSON message of so many bytes at most. Unknown fields pass: a newer
// agent may say more than we know.
func readMessage(r *http.Request, most int, into any) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != wire.MediaJSON {
		return refuse(http.StatusUnsupportedMediaType, wire.MediaJSON+" is expected", err)
	}
	raw, whole, err := bounded.Read(r.Body, most)
	if err != nil {
		return malformed(fmt.Errorf("read message: %w", err))
	}
	if !whole {
		return tooLarge(fmt.Errorf("this message has at most %d bytes", most))
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
	if err := checkSoftware(software); err != nil {
		return authority.Request{}, err
	}
	request, err := authority.ParseRequest(csr)
	if err != nil {
		return request, meaningless(err)
	}
	return request, nil
}

func checkSoftware(name string) error {
	if len(name) > 200 || strings.ContainsFunc(name, unicode.IsControl) {
		return meaningless(errors.New("the name of the software is no plain text of at most 200 bytes"))
	}
	return nil
}
