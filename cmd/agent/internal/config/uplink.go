// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"net/url"
	"strings"

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

// Validate refuses what is no address of a proxy. One that holds an account is not
// shown again.
func (u Uplink) Validate() settings.Faults {
	at, err := url.Parse(u.Proxy)
	if u.Proxy == "" || err == nil && at.Hostname() != "" && (at.Scheme == "http" || at.Scheme == "https") {
		return nil
	}
	what := settings.Say("« %s » n'est pas l'adresse d'un mandataire", "%q is not the address of a proxy", u.Proxy)
	if strings.Contains(u.Proxy, "@") {
		what = scanner.Text{FR: "ce qui est écrit n'est pas l'adresse d'un mandataire", EN: "what is written is not the address of a proxy"}
	}
	example := "http://proxy.chu-exemple.fr:3128"
	if _, _, err := net.SplitHostPort(u.Proxy); err == nil && !strings.ContainsAny(u.Proxy, "@/") {
		example = "http://" + u.Proxy
	}
	return settings.Faults{{Key: "proxy", What: what, Hint: settings.Say("écrivez par exemple %s", "write for example %s", example)}}
}

// FilePaths are none.
func (*Uplink) FilePaths() []*string { return nil }
