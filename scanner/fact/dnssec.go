// SPDX-License-Identifier: Apache-2.0

package fact

import "time"

// Security is what a validator can say of a set of records (RFC 4035 section
// 4.3).
type Security string

// The four states.
const (
	Secure        Security = "secure"        // a chain of signatures leads to it from the anchor
	Insecure      Security = "insecure"      // it is proven that no such chain exists
	Bogus         Security = "bogus"         // a chain should exist, and is broken
	Indeterminate Security = "indeterminate" // not known
)

// SecurityReason says why a set is not secure.
type SecurityReason string

// The reasons of a bogus set.
const (
	SignatureExpired SecurityReason = "signature-expired"
	SignatureEarly   SecurityReason = "signature-not-yet-valid"
	SignatureWrong   SecurityReason = "wrong-signature"
	SignatureMissing SecurityReason = "missing-signature"
	NoMatchingKey    SecurityReason = "no-matching-key" // none of the keys made the signature
	DSMismatch       SecurityReason = "ds-mismatch"     // none of the keys has the print the parent publishes
	DSWithoutKey     SecurityReason = "ds-without-key"
	DenialNotProven  SecurityReason = "denial-not-proven"
	KeyNotTrusted    SecurityReason = "key-not-trusted" // its zone's own keys are bogus
)

// The reasons of an insecure set.
const (
	NoDS                 SecurityReason = "no-ds"                 // proven by the parent
	OptOut               SecurityReason = "opt-out"               // RFC 5155 section 6
	TooManyIterations    SecurityReason = "too-many-iterations"   // RFC 9276 section 3.2
	UnsupportedAlgorithm SecurityReason = "unsupported-algorithm" // RFC 4035 section 5.2
)

// The reasons of an indeterminate set.
const (
	NotAnswered      SecurityReason = "no-answer"
	NotAuthoritative SecurityReason = "not-authoritative"
	NoAnchor         SecurityReason = "no-anchor"       // the anchor is not above the domain
	AnchorUnproven   SecurityReason = "anchor-unproven" // the keys of the anchor's zone could not be proven: resolver or anchor at fault
	UnsupportedKey   SecurityReason = "unsupported-key" // of a size or exponent that is not verified here
	TooCostly        SecurityReason = "too-costly"      // our own bounds
)

// DNSSEC is the validation of a domain from a trust anchor, by us and by its
// resolvers.
type DNSSEC struct {
	Name   string `json:"name"`
	Anchor string `json:"anchor"` // zone of the trust anchor
	// State is that of the delegation of the name, and Reason why it is not
	// secure. The servers of the zone are judged one by one below.
	State  Security       `json:"state"`
	Reason SecurityReason `json:"reason,omitempty"`
	// Zone is the closest zone that was reached: the name itself when it is one.
	Zone string `json:"zone"`
	// Absent tells that the name is proven not to exist.
	Absent bool         `json:"absent,omitempty"`
	Links  []DNSSECLink `json:"links"` // from the anchor down
	// Servers are those of the name, or the resolvers when none of them may be
	// asked. They are empty unless the name is a zone with a secure delegation.
	Servers  []DNSSECServer  `json:"servers,omitempty"`
	Opinions []DNSSECOpinion `json:"opinions,omitempty"`
	Queries  int             `json:"queries"` // what the look cost
}

// The parts of a DNSSEC that may be looked at again, each on its own.
const (
	DNSSECChain = "chain" // the zones above, and the opinion of a resolver
	DNSSECKeys  = "keys"  // the prints and the keys of the name itself
	DNSSECSets  = "sets"  // what its servers sign with them
)

// FactKind names the fact.
func (DNSSEC) FactKind() string { return "dnssec" }

// DNSSECLink is one zone of the chain: the prints its parent publishes, and the
// keys that were proven.
type DNSSECLink struct {
	Zone   string         `json:"zone"`
	State  Security       `json:"state"`
	Reason SecurityReason `json:"reason,omitempty"`
	DS     []DSPrint      `json:"ds,omitempty"` // as published, or as declared for the anchor
	Keys   []ZoneKey      `json:"keys,omitempty"`
	Denial *Denial        `json:"denial,omitempty"` // of the proof that there is no DS
	Server string         `json:"server,omitempty"`
	Error  string         `json:"error,omitempty"`
}

// DSPrint is a DS record without its digest.
type DSPrint struct {
	Tag       int `json:"tag"`
	Algorithm int `json:"algorithm"`
	Digest    int `json:"digest"` // digest type
}

// ZoneKey is a DNSKEY record without the key.
type ZoneKey struct {
	Tag       int  `json:"tag"`
	Algorithm int  `json:"algorithm"`
	Bits      int  `json:"bits,omitempty"` // size of the modulus, for RSA
	Entry     bool `json:"entry"`          // secure entry point flag
}

// Denial says how a zone proves absences.
type Denial struct {
	Kind       string `json:"kind"` // "nsec" or "nsec3"
	Iterations int    `json:"iterations,omitempty"`
	SaltBytes  int    `json:"salt_bytes,omitempty"`
	OptOut     bool   `json:"opt_out,omitempty"`
}

// Contact says how far a name server was asked.
type Contact string

// The ends of a contact with a name server.
const (
	ContactAsked    Contact = "asked"
	ContactNotAsked Contact = "not-asked"  // outside the scope, or one too many
	ContactAbsent   Contact = "no-address" // its name is proven to have no address
)

// DNSSECServer is what one server serves of the zone.
type DNSSECServer struct {
	Server    string      `json:"server"` // name, or "address:port" of a resolver
	Address   string      `json:"address,omitempty"`
	Recursive bool        `json:"recursive,omitempty"` // a resolver, asked in place of servers outside the scope
	Contact   Contact     `json:"contact"`
	Keys      []ZoneKey   `json:"keys,omitempty"`
	Sets      []SignedSet `json:"sets,omitempty"`
	Error     string      `json:"error,omitempty"` // why it was not asked
	// Lame tells that it was asked, and answered every time that it does not hold the
	// zone: by a refusal, or without authority (RFC 1912 section 2.8).
	Lame bool `json:"lame,omitempty"`
}

// TypeDenial is the type of a set asked under a random name, which should not
// exist.
const TypeDenial = "denial"

// SignedSet is the validation of the answer to one question.
type SignedSet struct {
	Type     string         `json:"type"` // at the name itself, or TypeDenial
	Answer   Answer         `json:"answer"`
	State    Security       `json:"state"`
	Reason   SecurityReason `json:"reason,omitempty"`
	Wildcard bool           `json:"wildcard,omitempty"` // made from a wildcard (RFC 4035 section 5.3.4)
	// Signatures are those of the records, or of the proof of their absence.
	Signatures []Signature `json:"signatures,omitempty"`
	Denial     *Denial     `json:"denial,omitempty"`
	Error      string      `json:"error,omitempty"`
}

// Signature is an RRSIG record without the signature.
type Signature struct {
	Covers    string    `json:"covers"` // type signed
	Tag       int       `json:"tag"`
	Algorithm int       `json:"algorithm"`
	From      time.Time `json:"from"`
	Until     time.Time `json:"until"`
}

// DNSSECOpinion is what a resolver concludes by itself.
type DNSSECOpinion struct {
	Resolver string `json:"resolver"`
	Answered bool   `json:"answered"`
	Code     string `json:"code,omitempty"` // "NOERROR", "SERVFAIL"…
	// Authentic is the AD flag (RFC 4035 section 3.2.3): it validated.
	Authentic bool  `json:"authentic,omitempty"`
	Errors    []int `json:"errors,omitempty"` // extended errors (RFC 8914)
}
