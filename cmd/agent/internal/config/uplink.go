// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// Uplink is how bundles travel.
type Uplink struct {
	Proxy string `yaml:"proxy"` // URL of an HTTP proxy towards the aggregator
}

var uplinkSection = settings.Section{
	Name: "uplink",
	Is:   scanner.Text{FR: "Le chemin vers l'agrégateur régional.", EN: "The way to the regional aggregator."},
	Keys: settings.Keys{
		"proxy": {FR: "adresse d'un mandataire HTTP", EN: "address of an HTTP proxy", Example: "http://proxy.chu-exemple.fr:3128"},
	},
}

// Validate refuses what is no address.
func (u Uplink) Validate() settings.Faults {
	at, err := url.Parse(u.Proxy)
	if u.Proxy == "" || err == nil && at.Host != "" && at.Scheme != "" {
		return nil
	}
	return settings.Faults{{
		Key:  "proxy",
		What: settings.Say("« %s » n'est pas l'adresse d'un mandataire", "%q is not the address of a proxy", u.Proxy),
		Hint: scanner.Text{FR: "écrivez par exemple http://proxy.chu-exemple.fr:3128", EN: "write for example http://proxy.chu-exemple.fr:3128"},
	}}
}

// FilePaths are none.
func (*Uplink) FilePaths() []*string { return nil }
