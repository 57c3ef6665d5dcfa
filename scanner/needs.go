// SPDX-License-Identifier: Apache-2.0

package scanner

import "context"

// Needs is what a probe must be given to look, and what a look costs. It is
// shown before anything is sent. The zero value asks for nothing.
type Needs struct {
	// Contacts are the places it speaks to; none for a probe that reads papers.
	Contacts []Contact
	// Files are those it reads, secrets among them.
	Files []File
	// Rights is what somebody must grant besides; empty for nothing.
	Rights Text
	// Systems are those it works on, in the words of GOOS; none means all.
	Systems []string
	// Vantage is where it always sees from, whatever the plan says; empty means
	// from where the plan runs.
	Vantage Vantage
	// Recalls says that it brings what earlier runs concluded, which is no sight of
	// today: a run that only remembered has looked at nothing.
	Recalls bool
	// Ports says that it asks ports that nobody declared, those of devices among them
	// (MutePorts), of the hosts whose ports are looked at.
	Ports bool
	// AtOnce is how many looks it makes at once, wherever they look; one more would wait
	// inside of it and lose its time. 0 means as many as are asked for.
	AtOnce int
	// Load is the most a look costs one target.
	Load Load
}

// Load is what a look may cost one target, at most.
type Load struct {
	Connections int // TCP connections or UDP exchanges
	Requests    int // requests over them
}

// File is one file a probe reads.
type File struct {
	Key  string // of the configuration that names it: "directories[0].password_file"
	Path string
	// Secret says that nobody but the agent may read it.
	Secret bool
	// Optional says that a run goes on without it: what it serves is inconclusive.
	Optional bool
	// Parse reads the file as a look would, and contacts nobody.
	Parse func(context.Context) error
}

// Contact is a kind of place a probe speaks to.
type Contact string

// The places a probe may speak to, all through the one door to the network.
const (
	ContactResolvers Contact = "resolvers" // the recursive resolvers of the configuration
	ContactTarget    Contact = "target"    // the target itself
	ContactServers   Contact = "servers"   // the name or mail servers of a domain, inside the scope
	ContactRegistry  Contact = "registry"  // the name servers above a domain
	ContactSource    Contact = "source"    // a declared service that tells about targets
	// ContactAuthorities are those that the certificates of publicly trusted chains
	// name, for what they say of revocation.
	ContactAuthorities Contact = "authorities"
)

// Text is the place in words.
func (c Contact) Text() Text {
	switch c {
	case ContactResolvers:
		return Text{FR: "résolveurs DNS", EN: "DNS resolvers"}
	case ContactTarget:
		return Text{FR: "cible", EN: "target"}
	case ContactServers:
		return Text{FR: "serveurs du domaine", EN: "servers of the domain"}
	case ContactRegistry:
		return Text{FR: "registre du domaine", EN: "registry of the domain"}
	case ContactSource:
		return Text{FR: "source déclarée", EN: "declared source"}
	case ContactAuthorities:
		return Text{FR: "autorités nommées par les certificats publics (révocation)", EN: "authorities named by public certificates (revocation)"}
	}
	return Text{FR: string(c), EN: string(c)}
}
