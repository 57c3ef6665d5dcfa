// SPDX-License-Identifier: Apache-2.0

package services

import (
	"net/netip"
	"strings"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// Settings are what is looked for on hosts, and what the establishment knows of it.
type Settings struct {
	TCP          []int      `yaml:"tcp"`          // ports; those of the built-in table when empty
	Acknowledged []string   `yaml:"acknowledged"` // "address:port" opened on purpose
	Shared       []Provider `yaml:"shared"`
}

// Provider is one whose addresses serve other customers too: their ports are never
// looked at.
type Provider struct {
	Provider string         `yaml:"provider"`
	Ranges   []netip.Prefix `yaml:"ranges"`
}

// Section documents the settings.
var Section = settings.Section{
	Name: "ports",
	Is: scanner.Text{
		FR: "Les ports qui sont examinés sur les machines de targets.hosts.",
		EN: "The ports that are looked at on the hosts of targets.hosts.",
	},
	Keys: settings.Keys{
		"tcp": {
			FR: "ports TCP examinés ; à défaut, la liste du produit", EN: "TCP ports looked at; without it, the list of the product",
			Example: "[22, 80, 443, 3389]",
		},
		"acknowledged": {
			FR: "ouvertures voulues, en adresse:port", EN: "ports open on purpose, as address:port", Example: `["192.0.2.20:443"]`,
		},
		"shared": {
			FR: "hébergements mutualisés, dont les ports ne sont jamais examinés", EN: "shared hosting, whose ports are never looked at",
		},
		"shared.provider": {FR: "nom de l'hébergeur", EN: "name of the provider", Needed: true, Example: "Hébergeur Exemple"},
		"shared.ranges":   {FR: "ses adresses", EN: "its addresses", Needed: true, Example: "[198.51.100.0/24]"},
	},
}

// Validate names what is no port, no address and port, or no provider.
func (s Settings) Validate() settings.Faults {
	var faults settings.Faults
	for i, port := range s.TCP {
		if port < 1 || port > 65535 {
			faults = append(faults, settings.Fault{
				Key:  "tcp" + settings.At(i),
				What: settings.Say("%d n'est pas un port", "%d is not a port", port),
				Hint: scanner.Text{FR: "un port va de 1 à 65535", EN: "a port goes from 1 to 65535"},
			})
		}
	}
	for i, place := range s.Acknowledged {
		if _, err := netip.ParseAddrPort(place); err != nil {
			faults = append(faults, settings.Fault{
				Key:  "acknowledged" + settings.At(i),
				What: settings.Say("« %s » n'est pas une adresse et un port", "%q is not an address and a port", place),
				Hint: scanner.Text{FR: "écrivez l'adresse que montre le constat, par exemple 192.0.2.20:443", EN: "write the address that the finding shows, for example 192.0.2.20:443"},
			})
		}
	}
	for i, p := range s.Shared {
		if p.Provider == "" {
			faults = append(faults, settings.Missing("shared"+settings.At(i)+".provider", "provider: Hébergeur Exemple"))
		}
		if len(p.Ranges) == 0 {
			faults = append(faults, settings.Missing("shared"+settings.At(i)+".ranges", "ranges: [198.51.100.0/24]"))
		}
	}
	return faults
}

// FilePaths are none.
func (*Settings) FilePaths() []*string { return nil }

// Options are those of a probe that was told nothing else.
func (s Settings) Options() Options {
	o := Options{Ports: s.TCP}
	for _, p := range s.Shared {
		for _, r := range p.Ranges {
			o.Shared = append(o.Shared, SharedRange{Range: r, Provider: p.Provider})
		}
	}
	acknowledged := map[netip.AddrPort]bool{} // an IPv6 address is written in several ways
	for _, written := range s.Acknowledged {
		if place, err := netip.ParseAddrPort(written); err == nil {
			acknowledged[netip.AddrPortFrom(place.Addr().Unmap(), place.Port())] = true
		}
	}
	o.Acknowledged = func(key string) bool {
		written, _, _ := strings.Cut(key, "/") // of "address:port/tcp product"
		place, err := netip.ParseAddrPort(written)
		return err == nil && acknowledged[place]
	}
	return o
}
