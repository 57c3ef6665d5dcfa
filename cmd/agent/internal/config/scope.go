// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"strings"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// Scope is what may be contacted, and by whose permission.
type Scope struct {
	Names         []string       `yaml:"names"`
	Ranges        []netip.Prefix `yaml:"ranges"`
	Excluded      []netip.Prefix `yaml:"excluded"`
	ExcludedNames []string       `yaml:"excluded_names"`
	Providers     []string       `yaml:"providers"` // names and addresses of third parties
	Authorisation Authorisation  `yaml:"authorisation"`
}

// Authorisation is the written permission to look.
type Authorisation struct {
	By        string       `yaml:"by"`
	Reference string       `yaml:"reference"`
	From      settings.Day `yaml:"from"`
	Until     settings.Day `yaml:"until"`
}

var scopeSection = settings.Section{
	Name: "scope",
	Is: scanner.Text{
		FR: "Le périmètre autorisé : rien d'autre n'est jamais contacté.",
		EN: "The authorised scope: nothing else is ever contacted.",
	},
	Keys: settings.Keys{
		"names": {
			FR: "noms ; « *. » couvre tous les noms en dessous, et non le nom lui-même", EN: `names; "*." covers every name below, not the name itself`,
			Example: `[chu-exemple.fr, "*.chu-exemple.fr"]`,
		},
		"ranges": {
			FR: "adresses ; si la clé est écrite, toute adresse contactée doit y être", EN: "addresses; when the key is written, every address contacted must be in it",
			Example: "[192.0.2.0/24]",
		},
		"excluded": {
			FR: "adresses jamais contactées, quoi qu'il soit dit ailleurs : dispositifs médicaux", EN: "addresses never contacted, whatever else is said: medical devices",
			Example: "[192.0.2.64/28]",
		},
		"excluded_names": {FR: "noms jamais contactés", EN: "names never contacted", Example: "[scanner-irm.chu-exemple.fr]"},
		"providers": {
			FR:      "serveurs d'un prestataire, DNS ou messagerie : noms, « *. » compris, ou adresses ; rencontrés seulement comme un client ordinaire, jamais examinés",
			EN:      `servers of a provider, DNS or mail: names, "*." included, or addresses; met as an ordinary client only, never looked at`,
			Example: `[ns1.operateur-dns.example, "*.filtre-mail.example"]`,
		},
		"authorisation": {
			FR: "la permission écrite ; sans elle, rien ne part", EN: "the written permission; without it nothing runs",
		},
		"authorisation.by":        {FR: "fonction de qui autorise, et non son nom", EN: "function of who authorises, not a name", Needed: true, Example: "Directeur général"},
		"authorisation.reference": {FR: "référence du document", EN: "reference of the document", Example: "CONV-2026-014"},
		"authorisation.from":      {FR: "premier jour", EN: "first day", Example: "2026-01-01"},
		"authorisation.until":     {FR: "dernier jour, compris", EN: "last day, included", Needed: true, Example: "2027-01-01"},
	},
}

// Validate refuses what would silently match nothing: an exclusion that never
// matches would let packets out.
func (s Scope) Validate() settings.Faults {
	var faults settings.Faults
	for _, list := range []struct {
		key   string
		names []string
	}{{"names", s.Names}, {"excluded_names", s.ExcludedNames}} {
		for i, name := range list.names {
			if plain := strings.TrimPrefix(name, "*."); plain == "" || strings.ContainsAny(plain, "/:*@ ") {
				faults = append(faults, notName(list.key+settings.At(i), name))
			}
		}
	}
	for _, list := range []struct {
		key    string
		ranges []netip.Prefix
	}{{"ranges", s.Ranges}, {"excluded", s.Excluded}} {
		for i, r := range list.ranges {
			if !r.IsValid() || r.Addr().Is4In6() {
				faults = append(faults, settings.Fault{
					Key:  list.key + settings.At(i),
					What: settings.Say("« %s » n'est pas une plage d'adresses IPv4 ou IPv6", "%q is not a range of IPv4 or IPv6 addresses", r),
					Hint: scanner.Text{FR: "écrivez par exemple 192.0.2.0/24", EN: "write for example 192.0.2.0/24"},
				})
			}
		}
	}
	_, unfit := s.ParseProviders()
	faults = append(faults, unfit...)
	return append(faults, ordered(s.Authorisation.From, s.Authorisation.Until).Below("authorisation")...)
}

// FilePaths are none.
func (*Scope) FilePaths() []*string { return nil }

func notName(key, written string) settings.Fault {
	return settings.Fault{
		Key:  key,
		What: settings.Say("« %s » n'est pas un nom", "%q is not a name", written),
		Hint: scanner.Text{
			FR: "écrivez un nom seul, sans https:// ni port, par exemple chu-exemple.fr ou *.chu-exemple.fr",
			EN: "write a name alone, without https:// nor port, for example chu-exemple.fr or *.chu-exemple.fr",
		},
	}
}

// ordered refuses a permission that ends before it begins.
func ordered(from, until settings.Day) settings.Faults {
	if until.IsZero() || from.Start().Before(until.End()) {
		return nil
	}
	return settings.Faults{{
		Key:  "until",
		What: scanner.Text{FR: "l'autorisation finit avant de commencer", EN: "the authorisation ends before it begins"},
		Hint: scanner.Text{FR: "corrigez from ou until", EN: "correct from or until"},
	}}
}
