// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// Establishment is who is assessed. An agent without one still scans a domain.
type Establishment struct {
	FINESS      string `yaml:"finess"`
	LegalFINESS string `yaml:"legal_finess"`
	Name        string `yaml:"name"`
	Region      string `yaml:"region"`
}

var establishmentSection = settings.Section{
	Name: "establishment",
	Is:   scanner.Text{FR: "L'établissement évalué.", EN: "The establishment assessed."},
	Keys: settings.Keys{
		"finess":       {FR: "numéro FINESS géographique (ET)", EN: "geographic FINESS number (ET)", Example: `"990000028"`},
		"legal_finess": {FR: "numéro FINESS juridique (EJ)", EN: "legal FINESS number (EJ)", Example: `"990000010"`},
		"name":         {FR: "nom affiché", EN: "name shown", Example: "Centre hospitalier Exemple"},
		"region":       {FR: "code INSEE de la région", EN: "INSEE code of the region", Example: `"84"`},
	},
}

// Identity is the establishment in the words of runs. It trusts that Validate
// accepted the numbers.
func (e Establishment) Identity() scanner.Establishment {
	number, _, _ := scanner.ParseFINESS(e.FINESS)
	legal, _, _ := scanner.ParseFINESS(e.LegalFINESS)
	return scanner.Establishment{FINESS: number, LegalFINESS: legal, Name: e.Name, Region: e.Region}
}

func (e Establishment) numbers() []struct{ key, written string } {
	return []struct{ key, written string }{{"finess", e.FINESS}, {"legal_finess", e.LegalFINESS}}
}

// Validate refuses what cannot be a FINESS number.
func (e Establishment) Validate() settings.Faults {
	var faults settings.Faults
	for _, n := range e.numbers() {
		if _, _, err := scanner.ParseFINESS(n.written); n.written != "" && err != nil {
			faults = append(faults, settings.Fault{
				Key:  n.key,
				What: settings.Say("« %s » n'est pas un numéro FINESS", "%q is not a FINESS number", n.written),
				Hint: scanner.Text{
					FR: `écrivez les neuf chiffres ou lettres entre guillemets, par exemple "750712184"`,
					EN: `write the nine digits or letters between quotes, for example "750712184"`,
				},
			})
		}
	}
	return faults
}

// doubts are numbers whose control key does not hold: official examples fail it
// too, so that it blocks nothing.
func (e Establishment) doubts() settings.Faults {
	var doubts settings.Faults
	for _, n := range e.numbers() {
		if number, warning, err := scanner.ParseFINESS(n.written); err == nil && warning != "" {
			doubts = append(doubts, settings.Fault{
				Key: n.key,
				What: scanner.Text{
					FR: fmt.Sprintf("la clé de contrôle du numéro FINESS %s n'est pas la bonne", number),
					EN: fmt.Sprintf("the control key of FINESS number %s is wrong", number),
				},
				Hint: scanner.Text{FR: "vérifiez-le dans le répertoire FINESS", EN: "check it against the FINESS register"},
			})
		}
	}
	return doubts
}

// FilePaths are none.
func (*Establishment) FilePaths() []*string { return nil }
