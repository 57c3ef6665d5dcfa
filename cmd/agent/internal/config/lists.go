// SPDX-License-Identifier: Apache-2.0

package config

import (
	"carescan/scanner"
	"carescan/scanner/settings"
)

// Lists are public lists kept up to date by the operator.
type Lists struct {
	Exploited string `yaml:"exploited"`   // known exploited vulnerabilities, JSON of the CISA
	EndOfLife string `yaml:"end_of_life"` // end of support of products
}

var listsSection = settings.Section{
	Name: "lists",
	Is: scanner.Text{
		FR: "Listes publiques plus fraîches que les copies datées du produit.",
		EN: "Public lists newer than the dated copies of the product.",
	},
	Keys: settings.Keys{
		"exploited": {
			FR: "vulnérabilités exploitées connues, fichier de la CISA tel quel", EN: "known exploited vulnerabilities, the file of the CISA as it is",
			Example: "listes/kev.json",
		},
		"end_of_life": {
			FR: "fins de support, fichier d'endoflife.date tel quel", EN: "ends of support, the file of endoflife.date as it is", Example: "listes/eol.json",
		},
	},
}

// Validate finds nothing wrong: whether the lists can be read is told when they
// are opened.
func (Lists) Validate() settings.Faults { return nil }

// FilePaths are both lists.
func (l *Lists) FilePaths() []*string { return []*string{&l.Exploited, &l.EndOfLife} }
