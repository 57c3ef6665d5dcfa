// SPDX-License-Identifier: Apache-2.0

package fact

import (
	"slices"

	"carescan/scanner"
)

// Inventory is what public sources tell of the names of a domain. A name found
// is a candidate: it is listed, and never contacted before it is in the scope.
type Inventory struct {
	// Assets are the names found, at most 300, by name.
	Assets []Asset `json:"assets"`
	// Omitted counts the names found beyond those kept.
	Omitted int `json:"omitted,omitempty"`
	// Wildcard tells that the zone answers for names that nobody created, so that
	// the short list of usual names proves nothing and is not tried.
	Wildcard bool `json:"wildcard,omitempty"`
	// Log names the source of certificate names, with its date; empty when none
	// is declared.
	Log string `json:"log,omitempty"`
	// LogCause is why the declared source could not be read.
	LogCause scanner.Cause `json:"log_cause,omitzero"`
	// Problems say which sources could not be read.
	Problems []string `json:"problems,omitempty"`
}

// The parts of an Inventory that may be looked at again, each on its own.
const (
	InventoryNames     = "names"     // which there are
	InventoryAddresses = "addresses" // where they lead
)

// FactKind names the fact.
func (Inventory) FactKind() string { return "name-inventory" }

// The ways a name is found.
const (
	FoundDeclared    = "declared"    // by the establishment
	FoundNS          = "ns"          // name server
	FoundMX          = "mx"          // mail server
	FoundSPF         = "spf"         // included in the SPF record
	FoundSRV         = "srv"         // service record
	FoundAlias       = "alias"       // end of a CNAME chain
	FoundCertificate = "certificate" // name in a certificate shown by a declared name
	FoundLog         = "log"         // certificate-transparency entry
	FoundWord        = "word"        // short list of usual names
)

// Asset is one name, with how it was found.
type Asset struct {
	Name  string   `json:"name"`
	Found []string `json:"found"`
	// Declared tells that the establishment looks at it already.
	Declared bool `json:"declared,omitempty"`
	InScope  bool `json:"in_scope,omitempty"`
	// Own tells that the name is the domain or below it; others belong to
	// suppliers and are not resolved.
	Own       bool     `json:"own,omitempty"`
	Answer    Answer   `json:"answer,omitempty"`  // of its address records
	Aliases   []string `json:"aliases,omitempty"` // CNAME chain, at most 8
	Addresses []string `json:"addresses,omitempty"`
	Dangling  *Hosted  `json:"dangling,omitempty"` // set when it leads to a service that is not there
	// Unread names the provider whose page tells whether the service is there, when
	// that page could not be read.
	Unread string `json:"unread,omitempty"`
	Error  string `json:"error,omitempty"`
}

// Candidate tells that the name belongs to the domain, answers, and that nobody
// declared it. The servers that the zone itself names for its service and its mail
// are looked at with the domain.
func (a Asset) Candidate() bool {
	served := slices.Contains(a.Found, FoundNS) || slices.Contains(a.Found, FoundMX)
	return a.Own && !a.Declared && !served && a.Answer == Present
}

// Hosted is a service at a provider that a name leads to, and is absent there.
type Hosted struct {
	Target   string `json:"target"`             // last name of the chain
	Provider string `json:"provider,omitempty"` // empty when no list knows it
	// Claimable tells that anybody may open the service under that name.
	Claimable bool   `json:"claimable,omitempty"`
	Proof     string `json:"proof"` // "dns" or "http": by what it is known to be absent
}
