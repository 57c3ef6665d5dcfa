// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"slices"
	"strings"

	"carescan/scanner"
)

// Family is a set of checks about one matter. Its name begins their ids and is the
// folder they live in; its page is docs/checks/<name>.<language>.md.
type Family struct {
	Name  string
	Title scanner.Text
	About scanner.Text // what the family is about, for its page
	// Vantage is where the facts of the family must have been seen from; empty
	// accepts any. A check may say otherwise.
	Vantage scanner.Vantage
}

var families = []Family{
	{
		Name:  "exposure",
		Title: scanner.Text{FR: "Exposition sur internet", EN: "Exposure to the internet"},
		About: scanner.Text{
			FR: "Ce qu'un inconnu voit de l'établissement depuis internet, sans compte ni autorisation particulière : noms de domaine, messagerie, chiffrement, sites, services ouverts, produits et failles connues.",
			EN: "What a stranger sees of the establishment from the internet, without account nor special leave: domain names, mail, encryption, sites, open services, products and known flaws.",
		},
		Vantage: scanner.VantageInternet,
	},
	{
		Name:  "governance",
		Title: scanner.Text{FR: "Gouvernance", EN: "Governance"},
		About: scanner.Text{
			FR: "Ce que l'établissement déclare de son organisation : politique de sécurité approuvée, exercices de crise tenus.",
			EN: "What the establishment states of its organisation: security policy approved, crisis exercises held.",
		},
	},
	{
		Name:  "hosting",
		Title: scanner.Text{FR: "Hébergement de données de santé", EN: "Health data hosting"},
		About: scanner.Text{
			FR: "Où se trouvent les données de santé, et si qui les héberge a le certificat que la loi demande (HDS).",
			EN: "Where health data sits, and whether whoever hosts it holds the certificate that the law asks for (HDS).",
		},
	},
	{
		Name:  "mfa",
		Title: scanner.Text{FR: "Double authentification", EN: "Two-factor authentication"},
		About: scanner.Text{
			FR: "Qui doit présenter un second facteur pour entrer, et ce que valent les sources de comptes qui le disent.",
			EN: "Who must show a second factor to enter, and what the sources of accounts that tell it are worth.",
		},
	},
}

// Families returns every family, by name. The slice is the caller's own.
func Families() []Family { return slices.Clone(families) }

// FamilyOf returns the family of a check.
func FamilyOf(id string) (Family, bool) {
	name, _, _ := strings.Cut(id, ".")
	at := slices.IndexFunc(families, func(f Family) bool { return f.Name == name })
	if at < 0 {
		return Family{}, false
	}
	return families[at], true
}
