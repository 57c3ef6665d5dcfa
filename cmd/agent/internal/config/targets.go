// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"

	"carescan/scanner"
	"carescan/scanner/hostname"
	"carescan/scanner/settings"
)

// Targets is what to look at.
type Targets struct {
	Domains  []string `yaml:"domains"`
	Sites    []string `yaml:"sites"`    // https origins
	Services []string `yaml:"services"` // "host:port" speaking TLS, beside the sites
	Hosts    []string `yaml:"hosts"`    // names or addresses whose ports are looked at
	Portals  []Portal `yaml:"portals"`  // remote accesses that are meant to be open
}

// Portal is a remote access the establishment offers on purpose.
type Portal struct {
	Address   string `yaml:"address"`    // "host:port"
	Kind      string `yaml:"kind"`       // "vpn", "sso", "webmail", "desktop"
	TwoFactor string `yaml:"two_factor"` // "yes", "no" or "unknown" (default): a second factor is demanded
}

var targetsSection = settings.Section{
	Name: "targets",
	Is: scanner.Text{
		FR: "Ce qui est examiné, à l'intérieur du périmètre.",
		EN: "What is looked at, inside the scope.",
	},
	Keys: settings.Keys{
		"domains": {FR: "domaines : DNS, enregistrement, messagerie, noms", EN: "domains: DNS, registration, mail, names", Example: "[chu-exemple.fr]"},
		"sites": {
			FR: "sites web : pages, TLS, applications", EN: "web sites: pages, TLS, applications",
			Example: `["https://www.chu-exemple.fr", "https://portail.chu-exemple.fr"]`,
		},
		"services": {
			FR: "services en TLS, ou en STARTTLS selon le port ; une page ou un modèle ne mène l'agent qu'aux ports déclarés ici, dans sites et dans portals, à 80 et à 443",
			EN: "services that speak TLS, or STARTTLS by their port; a page or a template leads the agent to the ports declared here, in sites and in portals, to 80 and to 443 only", Example: `["vpn.chu-exemple.fr:443"]`,
		},
		"hosts": {FR: "machines dont les ports sont examinés", EN: "hosts whose ports are looked at", Example: "[vpn.chu-exemple.fr]"},
		"portals": {
			FR: "accès distants ouverts exprès", EN: "remote accesses open on purpose",
		},
		"portals.address": {FR: "nom et port", EN: "name and port", Needed: true, Example: "vpn.chu-exemple.fr:443"},
		"portals.kind":    {FR: "vpn, sso, webmail ou desktop", EN: "vpn, sso, webmail or desktop", Needed: true, Example: "vpn"},
		"portals.two_factor": {
			FR: "un second facteur y est exigé : yes, no ou unknown", EN: "a second factor is demanded: yes, no or unknown",
			Default: "unknown", Example: `"yes"`,
		},
	},
}

// portalKinds are the remote accesses a portal may be, and secondFactors what
// may be said of them (exposure-checks.md, EXP-SVC-09).
var (
	portalKinds   = []string{"vpn", "sso", "webmail", "desktop"}
	secondFactors = []string{"yes", "no", "unknown"}
)

// Validate names every target that is not written as one.
func (t Targets) Validate() settings.Faults {
	var faults settings.Faults
	for i, domain := range t.Domains {
		faults = append(faults, notDomain("domains"+settings.At(i), domain)...)
	}
	for i, site := range t.Sites {
		faults = append(faults, notSite("sites"+settings.At(i), site)...)
	}
	for i, service := range t.Services {
		faults = append(faults, notEndpoint("services"+settings.At(i), service)...)
	}
	for i, host := range t.Hosts {
		if _, err := hostname.ParseHost(host); err != nil {
			faults = append(faults, settings.NotName("hosts"+settings.At(i), host, aDomain, err))
		}
	}
	declared := map[string]bool{}
	for i, p := range t.Portals {
		own := p.validate()
		if at, err := ParseService(p.Address); err == nil {
			if declared[at.ID] {
				own = append(own, settings.Twice("address", p.Address))
			}
			declared[at.ID] = true
		}
		faults = append(faults, own.Below("portals"+settings.At(i))...)
	}
	return faults
}

func (p Portal) validate() (faults settings.Faults) {
	faults = append(faults, notEndpoint("address", p.Address)...)
	if !slices.Contains(portalKinds, p.Kind) {
		faults = append(faults, settings.Among("kind", p.Kind, portalKinds))
	}
	if p.TwoFactor != "" && !slices.Contains(secondFactors, p.TwoFactor) {
		faults = append(faults, settings.Among("two_factor", p.TwoFactor, secondFactors))
	}
	return faults
}

// FilePaths are none.
func (*Targets) FilePaths() []*string { return nil }

// ParseService reads "host:port".
func ParseService(written string) (scanner.Target, error) {
	host, port, err := hostname.ParseEndpoint(written)
	if err != nil {
		return scanner.Target{}, err
	}
	return scanner.ServiceTarget(host, int(port)), nil
}

// ParseDomain reads a domain, below which only its owner has names.
func ParseDomain(written string) (string, error) {
	name, err := hostname.Parse(written)
	if err == nil && hostname.IsPublicSuffix(name) {
		return "", hostname.PublicSuffix()
	}
	return name, err
}

func notDomain(key, written string) settings.Faults {
	if _, err := ParseDomain(written); err != nil {
		return settings.Faults{settings.NotName(key, written, aDomain, err)}
	}
	return nil
}

func notEndpoint(key, written string) settings.Faults {
	if _, err := ParseService(written); err != nil {
		return settings.Faults{settings.NotName(key, written, aPlace, err)}
	}
	return nil
}
