// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"maps"
	"slices"

	"carescan/scanner"
)

// Settings is what an agent needs to know of the hospital to scan it.
type Settings struct {
	Establishment scanner.Establishment
	Domains       []string
	Sites         []string // origins
	Services      []string // "name:port" of what speaks TLS and is no site
	Hosts         []string // whose ports are looked at
	Ports         []int    // those that lead nowhere else on this machine
	ScopeNames    []string
	Ranges        []string
	Providers     []string // third parties that serve the domains
	Resolvers     []string // "address:port"
	// TrustAnchor is the DS of the parent zone, where validation begins.
	TrustAnchor []string
	RDAP        string   // service of the registry
	Selectors   []string // of the DKIM keys of the main domain
	// CertificateLog is a file of names seen in certificates.
	CertificateLog string
	// Redirects says where a "name:port" really listens, as "address:port".
	Redirects        map[string]string
	CAFile           string // authority of every certificate of the lab
	Directory        Directory
	Applications     []Application
	RegisterFile     string // hosting register
	AttestationsFile string
}

// Directory is how to read the technical directory.
type Directory struct {
	ID           string
	URL          string
	ServerName   string
	CAFile       string
	BindDN       string
	PasswordFile string
	BaseDN       string
}

// Application is an application and the export of its accounts.
type Application struct {
	ID        string
	Name      string
	File      string
	Sensitive bool
}

// The names of the hospital. The top-level domain .test leads nowhere (RFC 6761
// section 6.2).
const (
	domainMain     = "chu-exemple.test"
	domainHealth   = "chu-exemple-sante.test"
	domainSchool   = "ifsi-exemple.test"
	domainGroup    = "ght-exemple.test"
	domainOperator = "operateur-exemple.test"  // of a declared provider
	domainHost     = "hebergeur-exemple.test"  // of a hosting provider, outside the scope
	domainNews     = "infolettre-exemple.test" // of a newsletter provider, outside the scope
	hostRegistry   = "ns.registre.test"
	hostRDAP       = "rdap.registre.test"
)

// The declared ids that targets are made of.
const (
	idDirectory = "annuaire"
	idRecord    = "dpi"
	idPharmacy  = "pharmacie"
	idBooking   = "prise-rdv"
	idRemote    = "telesurveillance"
)

// establishment is invented: no department has the number 99.
func establishment() scanner.Establishment {
	return scanner.Establishment{
		FINESS: "990000028", LegalFINESS: "990000010",
		Name: "CHU Exemple (établissement fictif)",
	}
}

func baseSettings() Settings {
	return Settings{
		Establishment: establishment(),
		Domains:       []string{domainMain, domainHealth, domainSchool, domainGroup},
		ScopeNames: []string{
			domainMain, "*." + domainMain, domainHealth, "*." + domainHealth, domainSchool, "*." + domainSchool,
			domainGroup, "*." + domainGroup,
		},
		Ranges:    []string{"127.0.0.0/8"},
		Selectors: []string{"s2026"},
		Redirects: map[string]string{},
	}
}

// Settings returns what an agent needs; the caller owns the copy.
func (h *Hospital) Settings() Settings {
	s := h.settings
	s.Domains = slices.Clone(s.Domains)
	s.Sites = slices.Clone(s.Sites)
	s.Services = slices.Clone(s.Services)
	s.Hosts = slices.Clone(s.Hosts)
	s.Ports = slices.Clone(s.Ports)
	s.Selectors = slices.Clone(s.Selectors)
	s.ScopeNames = slices.Clone(s.ScopeNames)
	s.Ranges = slices.Clone(s.Ranges)
	s.Providers = slices.Clone(s.Providers)
	s.Resolvers = slices.Clone(s.Resolvers)
	s.TrustAnchor = slices.Clone(s.TrustAnchor)
	s.Redirects = maps.Clone(s.Redirects)
	s.Applications = slices.Clone(s.Applications)
	return s
}
