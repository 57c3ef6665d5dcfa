// SPDX-License-Identifier: Apache-2.0

package fact

import (
	"time"

	"carescan/scanner"
)

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
	// Versions maps "SSL 2.0", "SSL 3.0", "1.0", "1.1", "1.2", "1.3" to the answer
	// of the server.
	Versions map[string]Offer `json:"versions,omitempty"`
	Chain    []Certificate    `json:"chain,omitempty"` // as sent, leaf first; ten at most, those of the path before others
	// Trust is the result of building the chain at the moment of the look
	// against the declared store, dates and name left aside.
	Trust Trust  `json:"trust,omitempty"`
	Store string `json:"store,omitempty"` // "system" or the digest of the declared CA bundle
	Error string `json:"error,omitempty"`

	// StartTLS is the protocol spoken before the handshake ("smtp", "postgresql"…);
	// empty when TLS begins at once.
	StartTLS string `json:"starttls,omitempty"`
	// Connections is what the look cost.
	Connections int `json:"connections,omitempty"`
	// Suites are the suites the server accepted among those offered, by version
	// ("SSL 2.0" to "1.3"), IANA names, in the order it picked them. A list is whole
	// unless Why holds "suites " and the version. Suites that need a secret shared
	// beforehand (PSK, SRP, Kerberos) are never offered.
	Suites map[string][]string `json:"suites,omitempty"`
	// Offers maps what was offered alone to the answer of the server. The keys are
	// the constants below. A key is absent when it has no object: encrypt-then-MAC
	// without CBC suites, what TLS 1.3 settled when older versions are refused.
	Offers map[string]Offer `json:"offers,omitempty"`
	// ServerOrder tells whether the server follows its own order of suites rather
	// than the client's; empty when not known.
	ServerOrder Offer `json:"server_order,omitempty"`
	// Groups are the named groups accepted, in any version, or listed by the server
	// itself (RFC 8446 section 4.2.7), IANA names. The list is whole unless Why holds "groups " and a version.
	Groups []string `json:"groups,omitempty"`
	DH     *DHGroup `json:"dh,omitempty"` // finite-field parameters sent, when DHE is accepted; the smallest
	// DHOthers are the other parameters it sent, three at most.
	DHOthers []DHGroup `json:"dh_others,omitempty"`
	// Signatures are the signature schemes the server used over the key exchange
	// of TLS 1.2 or in CertificateVerify, by the single hash that was offered:
	// "sha1", "md5", "sha224", "sha256"…. Absent when TLS 1.2 is refused and an older
	// version accepted: before 1.2 the hash cannot be chosen (RFC 4346 section 7.4.3).
	Signatures map[string]Offer `json:"signatures,omitempty"`
	ALPN       string           `json:"alpn,omitempty"` // chosen among "h2" and "http/1.1"
	Staple     *Staple          `json:"staple,omitempty"`
	// SCTs counts the signed certificate time-stamps: in the certificate, the
	// handshake and the staple.
	SCTs       int        `json:"scts,omitempty"`
	Revocation Revocation `json:"revocation,omitempty"`
	// Authorities are what the authorities of a publicly trusted chain said of its
	// certificates, when they were asked: the leaf first. They are asked only when
	// the agent is told to.
	Authorities []RevocationAnswer `json:"authorities,omitempty"`
	Unnamed     *Certificate       `json:"unnamed,omitempty"` // leaf shown when no name is asked, when different
	TicketLife  time.Duration      `json:"ticket_life,omitempty"`
	Flaws       map[string]Offer   `json:"flaws,omitempty"` // "heartbleed"…: Accepted means affected; level P3
	// Alternates are the leaves shown in answer to other hellos, when different: the
	// certificate of another type of key. Four at most.
	Alternates []Certificate `json:"alternates,omitempty"`
	// Shape tells how the certificates of Chain follow one another.
	Shape *ChainShape `json:"shape,omitempty"`
	// Garbled is whether what was shown in the place of the leaf is no certificate
	// that anything could be read of; Chain is then empty.
	Garbled bool `json:"garbled,omitempty"`
	// ShortHellos is whether short hellos only are answered: a middle box loses the
	// others.
	ShortHellos bool `json:"short_hellos,omitempty"`
	// Why says, for what is unknown, the reason. The keys are those of Versions,
	// Offers, Signatures and Flaws, "trust", "chain", "staple" (and the time-stamps with
	// it), "suites 1.2", "groups 1.3"…, and
	// "look" when the look stopped before its end: by five refusals in a row that
	// began during the look, by the guard, or by the budget of connections.
	Why map[string]string `json:"why,omitempty"`
}

// The parts of a TLS fact that may be read or not, each on its own. Looks of before
// 2026-12 name no part within TLSVersions and TLSSuites.
const (
	TLSCertificate = "certificate"
	TLSStaple      = "staple" // and the time-stamps that come with it
	TLSVersions    = "versions"
	TLSSuites      = "suites" // and all that was offered besides: groups, signatures, habits

	TLSOfSSL      = TLSVersions + "/ssl" // SSL 2.0 and 3.0
	TLSOfTLS      = TLSVersions + "/tls" // the others, and the fallback to an older one
	TLSBroken     = TLSSuites + "/broken"
	TLSSecrecy    = TLSSuites + "/secrecy"
	TLSModes      = TLSSuites + "/modes" // CBC, AEAD, CCM-8 and the order
	TLSGroups     = TLSSuites + "/groups"
	TLSSignatures = TLSSuites + "/signatures"
	TLSHabits     = TLSSuites + "/habits" // compression, secure renegotiation, extended master secret
	TLSBeginAgain = TLSSuites + "/client-renegotiation"
	TLSEarlyData  = TLSSuites + "/early-data"
	TLSFlaws      = TLSSuites + "/flaws"
)

// ChainShape tells how the certificates sent follow one another.
type ChainShape struct {
	// Ordered is whether each certificate of the path of the leaf comes right after
	// the one it issued (RFC 5246 section 7.4.2).
	Ordered bool `json:"ordered"`
	// Surplus counts the certificates sent that are not on the path: repeated ones,
	// unrelated ones.
	Surplus int `json:"surplus,omitempty"`
	// Anchor is whether the path ends with a self-signed certificate, which could
	// have been left out.
	Anchor bool `json:"anchor,omitempty"`
	// Open names the issuer of the last certificate of the path, when it was neither
	// sent nor found in the store: the authority is unknown, or an intermediate is
	// missing.
	Open string `json:"open,omitempty"`
	// OpenFetchable is whether that last certificate says where its issuer can be
	// had (RFC 5280 section 4.2.2.1): then an intermediate is missing.
	OpenFetchable bool `json:"open_fetchable,omitempty"`
	// OutOfDate is the place in Chain of the first certificate of the path, above
	// the leaf, that was out of date at the moment of the look, when no path held
	// without it; 0 means none.
	OutOfDate int `json:"out_of_date,omitempty"`
}

// The keys of TLS.Offers: each was offered alone, or with nothing better.
const (
	OfferExport        = "export-suites"
	OfferNull          = "null-suites"
	OfferAnonymous     = "anonymous-suites"
	OfferRC4           = "rc4-suites"
	OfferDES           = "des-suites" // single DES
	Offer3DES          = "3des-suites"
	OfferStaticKey     = "static-key-suites" // RSA or static (EC)DH key exchange: no forward secrecy
	OfferCBC           = "cbc-suites"        // without encrypt-then-MAC
	OfferAEAD          = "aead-suites"
	OfferCCM8          = "ccm8-suites"
	OfferDHE           = "dhe-suites"
	OfferEphemeral     = "ephemeral-suites" // forward secrecy, in TLS 1.3 too; absent from facts of before 2026-12
	OfferWeakGroups    = "weak-groups"      // curves under 224 bits or not recommended
	OfferHybrid        = "hybrid-groups"
	OfferEMS           = "extended-master-secret" // RFC 7627
	OfferEncryptMAC    = "encrypt-then-mac"       // RFC 7366
	OfferRenegotiation = "secure-renegotiation"   // RFC 5746
	OfferClientRenego  = "client-renegotiation"   // repeated, asked by the client: it is asked once, and a limit beyond is not sought
	OfferCompression   = "compression"
	OfferEarlyData     = "early-data" // read from the ticket: no data is ever sent early
	OfferFallback      = "fallback-scsv"
)

// The keys of TLS.Flaws.
const (
	FlawHeartbleed  = "heartbleed"
	FlawCCS         = "ccs-injection"
	FlawROBOT       = "robot"
	FlawTicketbleed = "ticketbleed"
	FlawPadding     = "padding-oracle"
	FlawDROWN       = "drown" // key shared with a host that speaks SSLv2
)

// DHGroup is the finite-field group a server sent.
type DHGroup struct {
	Bits  int    `json:"bits"`
	Known string `json:"known,omitempty"` // "RFC 7919 ffdhe2048", or the name of a widely shared prime
	// Modulus is what is known of the number computed modulo; empty when it is larger
	// than is tried.
	Modulus Primality `json:"modulus,omitempty"`
	// Trivial is whether the generator makes so few values that a key exchanged is
	// found by trying.
	Trivial bool `json:"trivial,omitempty"`
}

// Primality is what is known of a modulus p. Where (p-1)/2 is prime too, every
// generator makes half of all values at least; elsewhere how many it makes depends on
// factors that TLS does not tell (RFC 7919 section 1, RFC 2785).
type Primality string

// The primalities.
const (
	SafePrime   Primality = "safe"
	UnsafePrime Primality = "unsafe"
	NoPrime     Primality = "composite"
)

// Staple is the OCSP answer sent with the handshake.
type Staple struct {
	Status     string    `json:"status"` // "good", "revoked", "unknown", "invalid"
	ThisUpdate time.Time `json:"this_update,omitzero"`
	NextUpdate time.Time `json:"next_update,omitzero"`
}

// Revocation is what the sources named by the certificate say, or a staple.
type Revocation string

// The states of revocation.
const (
	RevocationGood    Revocation = "good"
	Revoked           Revocation = "revoked"
	RevocationUnknown Revocation = "unknown" // a source exists and could not be asked
	RevocationNone    Revocation = "none"    // the certificate names no source
)

// RevocationAnswer is what one authority said of one certificate.
type RevocationAnswer struct {
	Certificate string `json:"certificate"` // its digest, "sha256:…"
	Subject     string `json:"subject,omitempty"`
	Source      string `json:"source"` // "crl" or "ocsp"
	Address     string `json:"address"`
	// Status is RevocationGood, Revoked, or RevocationUnknown when the responder does
	// not know the certificate; empty when there is no answer, for the reason Cause.
	Status     Revocation     `json:"status,omitempty"`
	Cause      *scanner.Cause `json:"cause,omitempty"`
	ThisUpdate time.Time      `json:"this_update,omitzero"`
	NextUpdate time.Time      `json:"next_update,omitzero"` // zero when it is not said
	RevokedAt  time.Time      `json:"revoked_at,omitzero"`
	Reason     string         `json:"reason,omitempty"` // "keyCompromise" (RFC 5280 section 5.3.1)
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
	// PrivatelyTrusted is a path to an authority declared as private, for which
	// the rules of public authorities have no object (exposure-checks.md section 1.4).
	PrivatelyTrusted Trust = "privately-trusted"
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

	Exponent   int      `json:"exponent,omitempty"` // of an RSA key
	CommonName string   `json:"common_name,omitempty"`
	OCSP       []string `json:"ocsp,omitempty"` // addresses of the responders named
	CRL        []string `json:"crl,omitempty"`
	MustStaple bool     `json:"must_staple,omitempty"` // RFC 7633
	Usages     []string `json:"usages,omitempty"`      // key usages, then extended ones
	SCTs       int      `json:"scts,omitempty"`        // embedded
	// Oddities are what strict readers refuse the certificate for, each once: the
	// constants below, or one of them and the identifier of an extension.
	Oddities []string `json:"oddities,omitempty"`
}

// The oddities of a certificate. Those that name an extension are followed by a
// space and its identifier, in figures.
const (
	OddSerial     = "serial"              // negative, or no number (RFC 5280 section 4.1.2.2)
	OddText       = "text"                // a name holds characters its type forbids (section 4.1.2.4)
	OddDate       = "date"                // a date in another form (section 4.1.2.5)
	OddKey        = "key-parameters"      // of an RSA key (RFC 3279 section 2.3.1)
	OddAlgorithm  = "algorithm"           // told one way inside, another outside (RFC 5280 section 4.1.1.2)
	OddDuplicate  = "duplicate-extension" // present several times (section 4.2); the first is read
	OddExtension  = "extension"           // that nothing could be read of
	OddAltName    = "alternative-name"    // one that is no name (section 4.2.1.6)
	OddTrailing   = "trailing-data"       // bytes after the certificate
	OddVersion    = "version"             // none that exists (section 4.1.2.1)
	OddIdentifier = "unique-identifier"   // one that nothing could be read of (section 4.1.2.8)
)
