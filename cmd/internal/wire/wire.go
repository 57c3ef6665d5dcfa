// SPDX-License-Identifier: Apache-2.0

// Package wire holds what the agent and the aggregator say to each other:
// paths, media types and messages, and nothing of how either works.
//
// Version history of the protocol, which both sides keep reading for ever:
//
//	1  2026-11-22  enrol, renew, bundles
//	   2026-11-30  types of problems that pass; CareScan-Missing and CareScan-Branch
//	               beside a receipt, which may be left unread; heartbeat; states of an
//	               agent, and the problems of one that may deliver nothing for now
//	   2026-12-01  the evidence log: "log" in a receipt, its proofs and checkpoint
package wire

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"carescan/scanner"
)

// Version is the version of the protocol this program speaks.
const Version = 1

// HeaderVersion carries the version of the caller.
const HeaderVersion = "CareScan-Protocol"

// The paths of the agent interface. Enrol is open to a token; the others ask
// for the certificate of an agent.
const (
	PathEnrol     = "/agent/v1/enrol"     // POST EnrolRequest → EnrolResponse
	PathRenew     = "/agent/v1/renew"     // POST RenewRequest → EnrolResponse
	PathHeartbeat = "/agent/v1/heartbeat" // POST Heartbeat → HeartbeatAnswer
	PathBundles   = "/agent/v1/bundles"   // PUT PathBundles/{bundle id}, sealed bytes → Receipt
)

// The media types of the agent interface.
const (
	MediaBundle  = "application/vnd.carescan.bundle.v1+json"
	MediaJSON    = "application/json"
	MediaProblem = "application/problem+json"
)

// MaxBundle is the most bytes of a bundle on the wire (aggregator.md section 9).
const MaxBundle = 2 << 20

// EnrolRequest asks for a certificate against a single-use token.
type EnrolRequest struct {
	Secret   string `json:"secret"`   // of the token
	CSR      string `json:"csr"`      // PEM, signed with the agent's new key
	Software string `json:"software"` // name and version
}

// RenewRequest asks for a new certificate, over the old one.
type RenewRequest struct {
	CSR      string `json:"csr"`
	Software string `json:"software"`
}

// EnrolResponse makes an agent known.
type EnrolResponse struct {
	AgentID       string                `json:"agent_id"`
	Certificate   string                `json:"certificate"` // PEM, of the agent
	CA            string                `json:"ca"`          // PEM, of the aggregator's authority
	SealKey       string                `json:"seal_key"`    // PEM, public, verifies receipts
	Establishment scanner.Establishment `json:"establishment"`
	// State is one of the States; empty from an aggregator that knew active agents only.
	State string `json:"state,omitempty"`
}

// Token is what a person carries from the aggregator to a new agent. It is used
// once, and holds all that is needed to trust the other side.
type Token struct {
	URL    string `json:"u"` // of the agent interface
	CAPin  string `json:"p"` // digest of the authority's public key, "sha256:…"
	Secret string `json:"s"`
}

const tokenPrefix = "cst1."

// Encode writes the token as one word.
func (t Token) Encode() string {
	raw, _ := json.Marshal(t) // three strings always encode
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(raw)
}

// ParseToken reads a token, as pasted by a person.
func ParseToken(word string) (Token, error) {
	body, ok := strings.CutPrefix(strings.TrimSpace(word), tokenPrefix)
	if !ok {
		return Token{}, fmt.Errorf("enrolment token must begin with %q", tokenPrefix)
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return Token{}, fmt.Errorf("read enrolment token: %w", err)
	}
	var t Token
	if err := json.Unmarshal(raw, &t); err != nil {
		return Token{}, fmt.Errorf("read enrolment token: %w", err)
	}
	if t.URL == "" || t.CAPin == "" || t.Secret == "" {
		return Token{}, errors.New("enrolment token is incomplete: copy it again in full")
	}
	return t, nil
}
