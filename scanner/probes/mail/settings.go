// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"strings"

	"carescan/scanner"
	"carescan/scanner/hostname"
	"carescan/scanner/settings"
)

// Settings are what the DNS does not tell of the mail of domains.
type Settings []Domain

// Domain is what the DNS does not tell of one domain.
type Domain struct {
	Domain    string   `yaml:"domain"`
	Selectors []string `yaml:"selectors"` // of the DKIM keys in use
}

// Section documents the settings.
var Section = settings.Section{
	Name: "mail",
	Is: scanner.Text{
		FR: "Ce que le DNS ne dit pas de la messagerie de vos domaines.",
		EN: "What the DNS does not tell of the mail of your domains.",
	},
	Keys: settings.Keys{
		"domain": {FR: "domaine, parmi targets.domains", EN: "domain, among targets.domains", Needed: true, Example: "chu-exemple.fr"},
		"selectors": {
			FR: "sélecteurs des clés DKIM en service ; sans eux, les clés ne peuvent pas être vues",
			EN: "selectors of the DKIM keys in use; without them, the keys cannot be seen", Example: "[s2026]",
		},
	},
}

// name is the domain as its target writes it, in ASCII.
func (d Domain) name() string {
	name, err := hostname.Parse(d.Domain)
	if err != nil {
		return d.Domain // which Validate refuses
	}
	return name
}

// Validate names what is no domain, and what is written twice.
func (s Settings) Validate() settings.Faults {
	var faults settings.Faults
	seen := map[string]bool{}
	for i, d := range s {
		place := settings.At(i) + ".domain"
		name, err := hostname.Parse(d.Domain)
		switch {
		case d.Domain == "":
			faults = append(faults, settings.Missing(place, "domain: chu-exemple.fr"))
		case err != nil:
			faults = append(faults, settings.NotName(place, d.Domain, scanner.Text{FR: "un nom de domaine", EN: "a domain name"}, err))
		case seen[name]:
			faults = append(faults, settings.Twice(place, d.Domain))
		}
		seen[name] = true
		faults = append(faults, d.selectorFaults(settings.At(i)+".selectors")...)
	}
	return faults
}

// selectorFaults names what is no selector: a text that is no name, or the whole
// name of the record.
func (d Domain) selectorFaults(place string) (faults settings.Faults) {
	seen := map[string]bool{}
	for i, text := range d.Selectors {
		selector, err := hostname.ParseLabels(text)
		switch {
		case err != nil || strings.Contains(selector+".", "_domainkey."):
			faults = append(faults, settings.Fault{
				Key:  place + settings.At(i),
				What: settings.Say("« %s » n'est pas un sélecteur", "%q is not a selector", text),
				Hint: scanner.Text{
					FR: "écrivez seulement ce qui précède « ._domainkey », par exemple s2026",
					EN: "write only what stands before \"._domainkey\", for example s2026",
				},
			})
		case seen[selector]:
			faults = append(faults, settings.Twice(place+settings.At(i), text))
		}
		seen[selector] = true
	}
	return faults
}

// selectorName is a selector as the DNS holds it: those of other alphabets have an
// ASCII form (RFC 8616 section 4). One that is no name, which Validate refuses, is left
// as written.
func selectorName(text string) string {
	name, err := hostname.ParseLabels(text)
	if err != nil {
		return text
	}
	return name
}

// FilePaths are none.
func (Settings) FilePaths() []*string { return nil }

// selectors are those declared for a domain.
func (s Settings) selectors(name string) []string {
	for _, d := range s {
		if d.name() == name {
			var names []string
			for _, selector := range d.Selectors {
				names = append(names, selectorName(selector))
			}
			return names
		}
	}
	return nil
}
