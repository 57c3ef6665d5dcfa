// SPDX-License-Identifier: Apache-2.0

// Package revocation asks the authorities of certificates which ones they revoked:
// their lists (RFC 5280 section 5) and their responders (RFC 6960). Each is asked
// once in a run, whatever the number of services that show its certificates.
package revocation

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ocsp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of what authorities may send and cost.
const (
	fetchTime   = 20 * time.Second // of one answer
	lookTime    = 60 * time.Second // of all those about one chain
	maxList     = 12 << 20         // bytes
	maxLists    = 64 << 20         // bytes of all lists kept
	maxAnswer   = 64 << 10         // bytes of an answer of OCSP
	maxHead     = 32 << 10
	maxAsked    = 3 // certificates of a chain
	maxSources  = 2 // lists of one certificate
	maxSubjects = 500
)

// Desk asks authorities on behalf of the looks of one run, and keeps what they
// answered.
type Desk struct {
	mu      sync.Mutex
	answers map[string]*answer // by question
	weight  int                // bytes of lists kept
}

// answer is what came of one question, for all those who ask it.
type answer struct {
	done chan struct{}
	raw  []byte
	err  error
}

// New opens a desk, for one run.
func New() *Desk { return &Desk{answers: map[string]*answer{}} }

// Ask asks about the certificates of a path, root left out, the leaf first.
func (d *Desk) Ask(ctx context.Context, network scanner.AuthorityDialer, agent string, path []*x509.Certificate) []fact.RevocationAnswer {
	ctx, cancel := scanner.WithPatience(ctx, lookTime)
	defer cancel()
	var told []fact.RevocationAnswer
	for i := 0; i+1 < len(path) && i < maxAsked; i++ {
		q := question{desk: d, network: network, agent: agent, cert: path[i], issuer: path[i+1]}
		told = append(told, q.ask(ctx)...)
	}
	return told
}

// question is about one certificate.
type question struct {
	desk         *Desk
	network      scanner.AuthorityDialer
	agent        string
	cert, issuer *x509.Certificate
}

// ask asks the responder, then the lists until one is read.
func (q question) ask(ctx context.Context) []fact.RevocationAnswer {
	var told []fact.RevocationAnswer
	for _, address := range q.cert.OCSPServer[:min(1, len(q.cert.OCSPServer))] {
		told = append(told, q.told("ocsp", address, func(a *fact.RevocationAnswer) error { return q.responder(ctx, address, a) }))
	}
	lists := q.cert.CRLDistributionPoints
	for _, address := range lists[:min(maxSources, len(lists))] {
		a := q.told("crl", address, func(a *fact.RevocationAnswer) error { return q.list(ctx, address, a) })
		told = append(told, a)
		if a.Status != "" {
			break
		}
	}
	return told
}

// told writes an answer, or why there is none.
func (q question) told(source, address string, ask func(*fact.RevocationAnswer) error) fact.RevocationAnswer {
	a := fact.RevocationAnswer{
		Certificate: scanner.Digest(q.cert.Raw), Subject: excerpt.Of(q.cert.Subject.String(), maxSubjects),
		Source: source, Address: excerpt.Of(address, maxSubjects),
	}
	if err := ask(&a); err != nil {
		cause := scanner.CauseOf(err)
		a.Cause, a.Status = &cause, ""
	}
	return a
}

// list reads the list at an address.
func (q question) list(ctx context.Context, address string, a *fact.RevocationAnswer) error {
	found, err := q.desk.list(ctx, q, address)
	if err != nil {
		return err
	}
	if err := found.covers(q.cert, q.issuer, address); err != nil {
		return err
	}
	e, listed, err := found.find(q.cert.SerialNumber)
	if err != nil {
		return err
	}
	a.Status, a.ThisUpdate, a.NextUpdate = fact.RevocationGood, found.head.ThisUpdate.UTC(), found.head.NextUpdate.UTC()
	if listed {
		a.Status, a.RevokedAt, a.Reason = fact.Revoked, e.at.UTC(), e.reason
	}
	return nil
}

// responder asks the responder at an address (RFC 6960 appendix A.1).
func (q question) responder(ctx context.Context, address string, a *fact.RevocationAnswer) error {
	request, err := ocsp.CreateRequest(q.cert, q.issuer, nil)
	if err != nil {
		return fmt.Errorf("write a question of OCSP: %w", err)
	}
	kept, err := q.desk.once(ctx, "ocsp "+address+" "+a.Certificate, func() ([]byte, error) {
		return q.fetch(ctx, http.MethodPost, address, request, maxAnswer)
	})
	if err != nil {
		return err
	}
	answer, err := ReadOCSP(kept.raw, q.cert, q.issuer)
	if err != nil {
		return scanner.NotSeen(scanner.CauseBadAnswer, nil, err)
	}
	a.ThisUpdate, a.NextUpdate = answer.ThisUpdate.UTC(), answer.NextUpdate.UTC()
	switch answer.Status {
	case ocsp.Good:
		a.Status = fact.RevocationGood
	case ocsp.Revoked:
		a.Status, a.RevokedAt, a.Reason = fact.Revoked, answer.RevokedAt.UTC(), reasonName(answer.RevocationReason)
	default:
		a.Status = fact.RevocationUnknown
	}
	return nil
}

var errStranger = errors.New("the answer is signed by a certificate that may not")

// ReadOCSP reads an answer about a certificate, signed by its issuer or by whom it
// charged with that (RFC 6960 section 4.2.2.2); without an issuer, only by the
// signer that it carries.
func ReadOCSP(raw []byte, cert, issuer *x509.Certificate) (*ocsp.Response, error) {
	answer, err := ocsp.ParseResponseForCert(raw, cert, issuer)
	if err != nil {
		return nil, fmt.Errorf("read an answer of OCSP: %w", err)
	}
	signer := answer.Certificate
	if signer == nil || issuer != nil && bytes.Equal(signer.Raw, issuer.Raw) {
		return answer, nil
	}
	if !slices.Contains(signer.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) {
		return nil, errStranger
	}
	return answer, nil
}
