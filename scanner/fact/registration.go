// SPDX-License-Identifier: Apache-2.0

package fact

import (
	"time"

	"carescan/scanner"
)

// Registration is what the registry says of a domain, and of those it depends
// on. Nothing of the holders is kept: dates and status codes only.
type Registration struct {
	Name string `json:"name"` // registrable domain
	// Service is the host of the RDAP service; empty when none is declared.
	Service string         `json:"service,omitempty"`
	Domain  RegistryAnswer `json:"domain"`
	// Suppliers are the other registrable domains that name servers, mail
	// servers and the SPF record point to, 20 at most.
	Suppliers []Supplier `json:"suppliers"`
	// More is how many suppliers were left out.
	More int `json:"more,omitempty"`
	// Unread says which records of the domain could not be read: their suppliers
	// are not known.
	Unread []string `json:"unread,omitempty"`
}

// The parts of a Registration that may be looked at again, each on its own.
const (
	RegistrationDomain    = "domain"    // what the registry says of it
	RegistrationSuppliers = "suppliers" // and of those it depends on
)

// FactKind names the fact.
func (Registration) FactKind() string { return "registration" }

// RegistryAnswer is the answer of a registry about one domain.
type RegistryAnswer struct {
	State RegistryState `json:"state"`
	// Expires is the end of the registration; absent when the registry does not
	// tell it.
	Expires *time.Time `json:"expires,omitempty"`
	// Status are the status codes of RFC 9083 section 10.2.2.
	Status []string `json:"status,omitempty"`
	// Cause is why there is no answer, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// RegistryState says what a registry answered.
type RegistryState string

// The answers of a registry.
const (
	Registered       RegistryState = "registered"
	NotRegistered    RegistryState = "not-found" // an explicit 404
	RegistryNoAnswer RegistryState = "no-answer"
	RegistryNotAsked RegistryState = "not-asked"
)

// Supplier is a registrable domain that the domain depends on.
type Supplier struct {
	Domain string   `json:"domain"`
	Roles  []string `json:"roles"` // "ns", "mx", "spf"
	// DNS is the answer of the resolvers about the NS of the domain.
	DNS      Answer         `json:"dns"`
	Registry RegistryAnswer `json:"registry"`
}
