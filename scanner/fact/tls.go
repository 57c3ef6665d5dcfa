// SPDX-License-Identifier: Apache-2.0

package fact

import "time"

// Offer says whether a server accepts something it was offered.
type Offer string

// The answers to an offer.
const (
	Accepted     Offer = "accepted"
	Declined     Offer = "declined" // refused by a well-formed alert or a closed handshake
	OfferUnknown Offer = "unknown"  // time-out or failure
)

// TLS is what a TLS endpoint offers.
type TLS struct {
	Reach   Reach  `json:"reach"`
	Address string `json:"address,omitempty"` // really dialled
	// Name is the server name asked for, which the certificate must carry.
	Name string `json:"name"`
	// Versions maps "1.0", "1.1", "1.2", "1.3" to the answer of the server.
	Versions map[string]Offer `json:"versions,omitempty"`
	Chain    []Certificate    `json:"chain,omitempty"` // as sent, leaf first
	// Trust is the result of building the chain at the moment of the look
	// against the declared store, dates and name left aside.
	Trust Trust  `json:"trust,omitempty"`
	Store string `json:"store,omitempty"` // "system" or the digest of the declared CA bundle
	Error string `json:"error,omitempty"`
}

// FactKind names the fact.
func (TLS) FactKind() string { return "tls-endpoint" }

// Trust is the result of building a certificate chain.
type Trust string

// The results of building a chain.
const (
	Trusted    Trust = "trusted"
	SelfSigned Trust = "self-signed"
	Untrusted  Trust = "untrusted" // no path to a root of the store
)

// Certificate is one certificate of a chain.
type Certificate struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Names     []string  `json:"names,omitempty"` // DNS names and addresses, at most 100
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	Key       string    `json:"key"`       // "RSA 2048", "ECDSA P-256"
	Signature string    `json:"signature"` // "SHA256-RSA"
	SPKI      string    `json:"spki"`      // digest of the public key, "sha256:…"
	Digest    string    `json:"digest"`    // digest of the certificate, "sha256:…"
}
