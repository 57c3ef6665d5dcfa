// SPDX-License-Identifier: Apache-2.0

package hosting

import (
	"carescan/scanner"
	"carescan/scanner/settings"
)

// Settings is the file in which an establishment writes who hosts each
// application; empty when there is none.
type Settings string

// Section documents the settings.
var Section = settings.Section{
	Name: "hosting_register",
	Is: scanner.Text{
		FR: "Fichier YAML du registre d'hébergement : qui héberge chaque application, avec quel certificat HDS.",
		EN: "YAML file of the hosting register: who hosts each application, under which HDS certificate.",
	},
	Model: &model,
	Keys: settings.Keys{"": {
		FR: "chemin du fichier", EN: "path of the file", Example: "registres/hebergement.yaml",
	}},
}

// Validate finds nothing wrong: whether the file can be read is told by what the
// probe needs.
func (Settings) Validate() settings.Faults { return nil }

// FilePaths is the file.
func (s *Settings) FilePaths() []*string { return []*string{(*string)(s)} }

// Targets is the register, when one is declared.
func (s Settings) Targets() []scanner.Target {
	if s == "" {
		return nil
	}
	return []scanner.Target{{Kind: scanner.KindRegister, ID: RegisterID}}
}
