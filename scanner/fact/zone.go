// SPDX-License-Identifier: Apache-2.0

package fact

import "carescan/scanner"

// Answer says what a DNS question got.
type Answer string

// The DNS answers. Only NoData and NXDomain prove an absence.
const (
	Present  Answer = "present"
	NoData   Answer = "nodata"
	NXDomain Answer = "nxdomain"
	NoAnswer Answer = "no-answer" // time-out or failure: nothing is known
)

// Absent tells whether the answer proves that no such record exists.
func (a Answer) Absent() bool { return a == NoData || a == NXDomain }

// RecordSet is the answer to one DNS question.
type RecordSet struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Answer Answer `json:"answer"`
	// Values are the record data in presentation form; the strings of a TXT
	// record are joined without separator, as SPF and DMARC ask.
	Values []string `json:"values,omitempty"`
	Server string   `json:"server,omitempty"` // who answered, "address:port"
	// Cause is why there is no whole answer, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// Zone is what the DNS says of a domain.
type Zone struct {
	Name string    `json:"name"`
	NS   RecordSet `json:"ns"`
	MX   RecordSet `json:"mx"`
	TXT  RecordSet `json:"txt"` // at the name itself: SPF lives here
	// DMARC is the TXT set at _dmarc.name, then at each parent up to but not
	// including the public suffix, as far as the walk went.
	DMARC []RecordSet `json:"dmarc"`
	// CAA is the CAA set at the name, then at each parent (RFC 8659 section 3).
	CAA    []RecordSet `json:"caa"`
	DS     RecordSet   `json:"ds"`
	DNSKEY RecordSet   `json:"dnskey"`
	// Certificate is the one in place at the name, looked at only when a CAA record
	// applies and the name is in the scope.
	Certificate *SiteCertificate `json:"certificate,omitempty"`
}

// The parts of a Zone that may be read or not, each on its own.
const (
	ZoneNS     = "ns"
	ZoneMX     = "mx"
	ZoneTXT    = "txt"
	ZoneDMARC  = "dmarc"
	ZoneCAA    = "caa"
	ZoneDS     = "ds"
	ZoneDNSKEY = "dnskey"
)

// SiteCertificate says who issued the certificate of a web site.
type SiteCertificate struct {
	Issuer string `json:"issuer,omitempty"` // organisation, or common name without one; bounded
	Error  string `json:"error,omitempty"`
}

// FactKind names the fact.
func (Zone) FactKind() string { return "dns-zone" }

// TransferResult says how a zone transfer attempt ended.
type TransferResult string

// The ends of a zone transfer attempt.
const (
	TransferRefused   TransferResult = "refused"
	TransferDelivered TransferResult = "delivered" // the zone came out
	TransferFailed    TransferResult = "failed"    // time-out or broken answer: not known
	TransferNotAsked  TransferResult = "not-asked" // the server is outside the scope, unless Cause says otherwise
	TransferNoRoute   TransferResult = "no-route"  // this address family does not lead out of here
	// TransferNoAddress is a server whose name is proven to have no address: there is
	// nobody to ask.
	TransferNoAddress TransferResult = "no-address"
)

// TransferTry is a zone transfer asked of one name server.
type TransferTry struct {
	Server  string         `json:"server"`
	Address string         `json:"address,omitempty"`
	Result  TransferResult `json:"result"`
	Records int            `json:"records,omitempty"` // records delivered, counted and not kept
	// Internal is how many of them show private addresses or internal names.
	Internal int `json:"internal,omitempty"`
	// Meeting tells a declared provider's server, which is never asked for a zone,
	// and one that is in no list.
	Meeting scanner.Meeting `json:"meeting,omitempty"`
	// Cause is why it failed or was not made, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// Transfer is the zone transfer asked of every name server of a domain.
type Transfer struct {
	// NS is the answer to the question for the name servers: without any, the name
	// is not a zone, and there is nobody to ask.
	NS    Answer        `json:"ns,omitempty"`
	Tries []TransferTry `json:"tries"`
}

// FactKind names the fact.
func (Transfer) FactKind() string { return "zone-transfer" }
