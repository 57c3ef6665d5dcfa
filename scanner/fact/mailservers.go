// SPDX-License-Identifier: Apache-2.0

package fact

import "carescan/scanner"

// MailServers is what the servers that receive the mail of a domain show.
type MailServers struct {
	MX RecordSet `json:"mx"`
	// MXSecurity is what the signatures of the MX set are worth: senders that check
	// them do not deliver by a bogus one (RFC 7672 section 2.2.1). Absent in facts
	// sealed before it was kept.
	MXSecurity Security `json:"mx_security,omitempty"`
	// Null tells that the domain says it receives no mail (RFC 7505).
	Null bool `json:"null,omitempty"`
	// STS is the TXT set at _mta-sts.domain: whether a policy is announced.
	STS RecordSet `json:"sts"`
	// Validating tells that a resolver proved, on a name that is signed, that it
	// checks signatures; without it, nothing can be called insecure or bogus.
	Validating bool         `json:"validating,omitempty"`
	Servers    []MailServer `json:"servers,omitempty"` // in the order senders try them
	LeftOut    int          `json:"left_out,omitempty"`
	// RelayAllowed tells that a dated authorisation let a relay be attempted.
	RelayAllowed bool `json:"relay_allowed,omitempty"`
}

// The parts of a MailServers that may be looked at again, each on its own.
const (
	MailServerRecords = "records" // MX, STS, TLSA and addresses
	MailServerHosts   = "hosts"   // what each of them shows
)

// FactKind names the fact.
func (MailServers) FactKind() string { return "mail-servers" }

// MailServer is one target of the MX records.
type MailServer struct {
	Name       string `json:"name"`
	Preference int    `json:"preference"`
	// Provider is the registrable domain of a server that is outside the scope and
	// belongs to another organisation; it was not contacted.
	Provider string `json:"provider,omitempty"`
	// Meeting tells a declared provider's server, of which port 25 alone was looked at
	// and one handshake made, and one that is in no list.
	Meeting scanner.Meeting `json:"meeting,omitempty"`
	// Reach is NoAddress by a negative DNS answer, Unreached when no address could
	// be looked at, Answered otherwise.
	Reach Reach `json:"reach"`
	// Cause is why it was not looked at, Error its technical text.
	Cause   scanner.Cause `json:"cause,omitzero"`
	Error   string        `json:"error,omitempty"`
	Hosts   []MailHost    `json:"hosts,omitempty"`    // one per address looked at
	LeftOut int           `json:"left_out,omitempty"` // addresses that were not looked at
	TLSA    TLSASet       `json:"tlsa"`
}

// MailHost is one address of a mail server.
type MailHost struct {
	Address string     `json:"address"`
	Ports   []MailPort `json:"ports"` // 25 first
	// Versions maps "1.0" to "1.3" to the answer after STARTTLS on port 25.
	Versions map[string]Offer `json:"versions,omitempty"`
	Chain    []Certificate    `json:"chain,omitempty"` // as sent, leaf first
	// Trust leaves dates and name aside, as for any TLS service.
	Trust Trust  `json:"trust,omitempty"`
	Store string `json:"store,omitempty"`
	// OutOfDate is whether a certificate of the chain above the leaf, without which
	// no path held, was out of date at the moment of the look.
	OutOfDate bool   `json:"out_of_date,omitempty"`
	TLSError  string `json:"tls_error,omitempty"`
	// TLSA tells for each record of the server whether it authenticates the chain
	// shown (RFC 7671); absent when no chain was.
	TLSA  []bool      `json:"tlsa,omitempty"`
	Relay RelayResult `json:"relay,omitempty"`
	// RelayError is why a relay attempt told nothing.
	RelayError string `json:"relay_error,omitempty"`
}

// MailPort is what a mail port announces before any encryption.
type MailPort struct {
	Port  int   `json:"port"`
	Reach Reach `json:"reach"`
	// Filtered tells that an unreached port did not answer the contact at all, as
	// behind a filter; otherwise it was opened, and what followed told nothing.
	Filtered bool `json:"filtered,omitempty"`
	// Banner is the greeting, bounded, with addresses reduced to their domain.
	Banner string `json:"banner,omitempty"`
	// StartTLS is accepted when announced, declined when it is not.
	StartTLS Offer `json:"starttls,omitempty"`
	// Logins are the ways to sign in that are announced in clear: SASL mechanisms,
	// and LOGIN or USER for the commands of IMAP and POP3.
	Logins []string `json:"logins,omitempty"`
	// Cause is why nothing was announced, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// TLSASet is the TLSA record set of port 25 of a server.
type TLSASet struct {
	Answer   Answer       `json:"answer"`
	Security Security     `json:"security,omitempty"`
	Records  []TLSARecord `json:"records,omitempty"`
	Error    string       `json:"error,omitempty"`
}

// TLSARecord is one TLSA record (RFC 6698 section 2.1).
type TLSARecord struct {
	Usage    int    `json:"usage"`
	Selector int    `json:"selector"`
	Matching int    `json:"matching"`
	Data     string `json:"data"` // hexadecimal, at most 128 digits: a longer one is cut
}

// RelayResult says how a relay attempt between two outside domains ended.
type RelayResult string

// The ends of a relay attempt.
const (
	RelayRefused  RelayResult = "refused"
	RelayAccepted RelayResult = "accepted"
	RelayUnknown  RelayResult = "unknown"
	RelayNotAsked RelayResult = "not-asked" // without a dated authorisation
)
