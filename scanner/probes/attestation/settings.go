// SPDX-License-Identifier: Apache-2.0

package attestation

import (
	"carescan/scanner"
	"carescan/scanner/settings"
)

// Settings is the file in which the statements of an establishment are kept; empty
// when there is none.
type Settings string

// Section documents the settings.
var Section = settings.Section{
	Name: "attestations",
	Is: scanner.Text{
		FR: "Fichier YAML des attestations : ce que des personnes déclarent et qu'aucune sonde ne peut voir (exercice de crise, politique approuvée).",
		EN: "YAML file of attestations: what people state and no probe can see (a crisis exercise, an approved policy).",
	},
	Model: &model,
	Keys: settings.Keys{"": {
		FR: "chemin du fichier", EN: "path of the file", Example: "registres/attestations.yaml",
	}},
}

// Validate finds nothing wrong: whether the file can be read is told by what the
// probe needs.
func (Settings) Validate() settings.Faults { return nil }

// FilePaths is the file.
func (s *Settings) FilePaths() []*string { return []*string{(*string)(s)} }

// Targets is the establishment, when it attests something.
func (s Settings) Targets(e scanner.Establishment) []scanner.Target {
	if s == "" {
		return nil
	}
	return []scanner.Target{e.Target()}
}
