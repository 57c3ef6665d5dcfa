// SPDX-License-Identifier: Apache-2.0

package fact

import "carescan/scanner"

// Delegation is how a domain hangs on the tree of the DNS: what the registry
// says of its name servers, what the zone says, and what each of them answers.
type Delegation struct {
	Name string `json:"name"`
	// Parent is the NS set told by the registry; without an answer, Error says
	// why it is not known.
	Parent RecordSet `json:"parent"`
	// Zone is the NS set told by the resolvers.
	Zone RecordSet `json:"zone"`
	// Servers are the name servers of both sets, 8 at most.
	Servers []NameServer `json:"servers"`
	// More is how many name servers were left out.
	More int `json:"more,omitempty"`
}

// The parts of a Delegation that may be looked at again, each on its own.
const (
	DelegationServers = "servers" // which they are, and their addresses
	DelegationAnswers = "answers" // what each of them says
)

// FactKind names the fact.
func (Delegation) FactKind() string { return "dns-delegation" }

// NameServer is one server listed by the registry or by the zone.
type NameServer struct {
	Host      string          `json:"host"`
	Addresses []ServerAddress `json:"addresses,omitempty"` // 4 at most
	// Answer tells a name proven to have no address from one that nothing is
	// known of.
	Answer Answer `json:"answer"`
	// Cause is why its addresses are not known, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// ServerAddress is what a name server answers at one of its addresses.
type ServerAddress struct {
	Address string `json:"address"`
	// Meeting tells a declared provider's server, and one that is in no list.
	Meeting scanner.Meeting `json:"meeting,omitempty"`
	AS      uint32          `json:"as,omitempty"` // who announces the address; 0 when not known
	UDP     ServerReply     `json:"udp"`
	TCP     ServerReply     `json:"tcp"`
	// SOA is the start of the zone as told here.
	SOA *StartOfAuthority `json:"soa,omitempty"`
	// NS is the NS set of the zone as told here, 100 names at most.
	NS []string `json:"ns,omitempty"`
}

// ServerReply is how a name server answered for the zone over one transport.
type ServerReply struct {
	State ServerState `json:"state"`
	// Cause is why it did not answer or was not asked, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// ServerState says what came back.
type ServerState string

// The ends of a question to a name server.
const (
	ServerAuthoritative ServerState = "authoritative"
	// ServerLame answers, and not for the zone (RFC 1912 section 2.8).
	ServerLame ServerState = "lame"
	// ServerFailing says itself that it could not answer (SERVFAIL, FORMERR…):
	// whether it holds the zone is not known.
	ServerFailing  ServerState = "failing"
	ServerClosed   ServerState = "closed"    // the port refused the contact
	ServerSilent   ServerState = "silent"    // three tries brought nothing
	ServerNotAsked ServerState = "not-asked" // outside the scope, unless Cause says otherwise
	ServerNoRoute  ServerState = "no-route"  // this address family does not lead out of here
)

// StartOfAuthority holds the timers of a zone, in seconds. Its mail address is
// never kept.
type StartOfAuthority struct {
	Serial  uint32 `json:"serial"`
	Refresh uint32 `json:"refresh"`
	Retry   uint32 `json:"retry"`
	Expire  uint32 `json:"expire"`
	Minimum uint32 `json:"minimum"`
}
