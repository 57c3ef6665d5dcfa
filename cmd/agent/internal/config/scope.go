// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"slices"
	"strings"

	"carescan/scanner"
	"carescan/scanner/hostname"
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
			FR:      "noms ; « *. » couvre tous les noms en dessous, et non le nom lui-même ; avec ou sans accents, majuscules ou point final, c'est le même nom ; une terminaison publique (fr, gouv.fr) est refusée",
			EN:      `names; "*." covers every name below, not the name itself; with or without accents, capitals or a final dot, it is the same name; a public ending (fr, gouv.fr) is refused`,
			Example: `[chu-exemple.fr, "*.chu-exemple.fr"]`,
		},
		"ranges": {
			FR:      "adresses ; si la clé est écrite, toute adresse contactée doit y être ; une plage publique plus large que /16 (IPv4) ou /29 (IPv6) est refusée",
			EN:      "addresses; when the key is written, every address contacted must be in it; a public range wider than /16 (IPv4) or /29 (IPv6) is refused",
			Example: "[192.0.2.0/24]",
		},
		"excluded": {
			FR: "adresses jamais contactées, quoi qu'il soit dit ailleurs : dispositifs médicaux", EN: "addresses never contacted, whatever else is said: medical devices",
			Example: "[192.0.2.64/28]",
		},
		"excluded_names": {
			FR:      "noms jamais contactés, ni les adresses où ils mènent, quel que soit l'autre nom qui y mène ; tant qu'elles n'ont pas pu être cherchées, rien n'est contacté ; « *. » exclut tous les noms en dessous, dont les adresses ne sont connues que s'ils sont rencontrés : écrivez-les alors sous excluded",
			EN:      `names never contacted, nor the addresses they lead to, whatever other name leads there; until these could be looked up, nothing is contacted; "*." excludes every name below, whose addresses are known only when they are met: then write these under excluded`,
			Example: "[scanner-irm.chu-exemple.fr]",
		},
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
		"authorisation.until":     {FR: "dernier jour, compris ; au-delà de deux ans, plan, doctor et le rapport le signalent", EN: "last day, included; beyond two years, plan, doctor and the report say so", Needed: true, Example: "2027-01-01"},
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
			pattern, err := hostname.ParsePattern(name)
			if err == nil && list.key == "names" && hostname.IsPublicSuffix(strings.TrimPrefix(pattern, "*.")) {
				err = hostname.PublicSuffix()
			}
			if err != nil {
				faults = append(faults, settings.NotName(list.key+settings.At(i), name, aName, err))
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
			} else if list.key == "ranges" && isTooWide(r) {
				faults = append(faults, tooWide(list.key+settings.At(i), r))
			}
		}
	}
	_, unfit := s.ParseProviders()
	faults = append(faults, unfit...)
	return append(faults, ordered(s.Authorisation.From, s.Authorisation.Until).Below("authorisation")...)
}

// FilePaths are none.
func (*Scope) FilePaths() []*string { return nil }

// What names are expected to be, in words.
var (
	aName   = scanner.Text{FR: "un nom", EN: "a name"}
	aDomain = scanner.Text{FR: "un nom de domaine", EN: "a domain name"}
	aPlace  = scanner.Text{FR: "un nom et un port", EN: "a name and a port"}
)

// The widest public ranges that one body has of its own: more than any establishment
// holds, and what a registry gives to a provider (RIPE-738 section 5.1.1 for IPv6).
const (
	widest4 = 16
	widest6 = 29
)

// ownBlocks are the addresses that every network may use inside: a range of them,
// however wide, is nobody else's.
var ownBlocks = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"), // RFC 1918
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("198.18.0.0/15"), // RFC 6890
	netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"), // RFC 4193, RFC 4291
}

func isTooWide(r netip.Prefix) bool {
	widest := widest6
	if r.Addr().Is4() {
		widest = widest4
	}
	inside := slices.ContainsFunc(ownBlocks, func(b netip.Prefix) bool { return b.Bits() <= r.Bits() && b.Contains(r.Addr()) })
	return r.Bits() < widest && !inside
}

func tooWide(key string, r netip.Prefix) settings.Fault {
	return settings.Fault{
		Key:  key,
		What: settings.Say("la plage %s est trop large pour n'être qu'à vous", "range %s is too wide to be yours alone", r),
		Hint: settings.Say("écrivez les plages qui vous sont attribuées : /%d au plus large en IPv4, /%d en IPv6, sauf pour les adresses privées",
			"write the ranges that are yours: /%d at the widest in IPv4, /%d in IPv6, private addresses apart", widest4, widest6),
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
