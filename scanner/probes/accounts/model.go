// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	_ "embed"
	"maps"
	"slices"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// modelFile begins with the mark by which spreadsheets know UTF-8.
//
//go:embed model.csv
var modelFile string

// model is the export of one application.
var model = settings.Model{
	Name: "accounts", File: "comptes.csv", Content: modelFile,
	Declared: "applications:\n  - id: dpi\n    file: comptes.csv\n",
	Columns:  Defaults(),
	Limits:   map[string]int{"MiB": maxFile >> 20, "lines": maxRows},
	Keys: settings.Keys{
		columnLogin: {
			FR:     "identifiant du compte dans l'application, une fois par compte ; il ne quitte pas l'établissement",
			EN:     "login of the account in the application, once for each account; it never leaves the establishment",
			Needed: true, Example: "a.martin",
		},
		columnStatus: {
			FR:      "le compte ouvre-t-il encore l'application ? un mot inconnu laisse un doute, et il est signalé",
			EN:      "does the account still open the application? an unknown word leaves a doubt, and it is reported",
			Example: "actif",
		},
		columnFunction: {
			FR:      "fonction de la personne, qui donne sa population ; un mot inconnu donne other_dpi_users, et il est signalé",
			EN:      "function of the person, which gives their population; an unknown word gives other_dpi_users, and it is reported",
			Example: "Médecin",
		},
		columnFactor: {
			FR:     "seconds facteurs détenus, séparés par + , ; / | & ou « et » : un seul facteur fort suffit ; un mot inconnu laisse un doute, jamais un « oui »",
			EN:     `second factors owned, separated by + , ; / | & or "et": one strong factor is enough; an unknown word leaves a doubt, never a "yes"`,
			Needed: true, Example: "cps+totp",
		},
		columnMandatory: {
			FR:      "le compte ne peut pas entrer sans second facteur ; un autre mot, ou rien, laisse un doute",
			EN:      "the account cannot come in without a second factor; another word, or none, leaves a doubt",
			Example: "oui",
		},
	},
	Vocabularies: []settings.Vocabulary{
		{Name: columnStatus, Words: []settings.Word{
			{Written: enabledWords, Means: scanner.Text{FR: "actif", EN: "enabled"}},
			{Written: disabledWords, Means: scanner.Text{FR: "inactif : le compte n'est pas compté", EN: "disabled: the account is not counted"}},
		}},
		{Name: "titres", Words: titleWords()},
		{Name: "populations", Words: populationWords()},
		{Name: columnFunction, Words: functionWords()},
		{Name: columnFactor, Words: factorWords()},
		{Name: columnMandatory, Words: []settings.Word{
			{Written: demandedWords, Means: scanner.Text{FR: "exigé", EN: "demanded"}},
			{Written: optionalWords, Means: scanner.Text{FR: "facultatif", EN: "optional"}},
		}},
	},
}

// populationMeanings say who each population is (identity-directory-hds.md section
// 1.5).
var populationMeanings = map[string]scanner.Text{
	"administrators": {FR: "administrateurs de l'application ou du système d'information", EN: "administrators of the application or of the information system"},
	"remote_users":   {FR: "personnes qui entrent à distance", EN: "people who come in from afar"},
	"suppliers":      {FR: "fournisseurs, télémaintenance", EN: "suppliers, remote maintenance"},
	"physicians":     {FR: "médecins", EN: "physicians"},
	"nurses":         {FR: "infirmières et infirmiers", EN: "nurses"},
	everyoneElse:     {FR: "les autres professionnels ; toute fonction qu'aucune liste ne connaît", EN: "other staff; every function that no list knows"},
	"guests":         {FR: "invités", EN: "guests"},
	"patients":       {FR: "patients, sur un portail", EN: "patients, on a portal"},
}

func titleWords() (words []settings.Word) {
	for _, column := range Defaults() {
		words = append(words, settings.Word{Written: titles()[column], Means: scanner.Text{FR: column, EN: column}})
	}
	return words
}

func populationWords() (words []settings.Word) {
	for _, name := range populations() {
		words = append(words, settings.Word{Written: []string{name}, Means: populationMeanings[name]})
	}
	return words
}

func functionWords() (words []settings.Word) {
	for _, name := range populations() {
		if written := wordsOf(functions(), name); len(written) > 0 {
			words = append(words, settings.Word{Written: written, Means: scanner.Text{FR: name, EN: name}})
		}
	}
	return words
}

func factorWords() (words []settings.Word) {
	for t, means := range []scanner.Text{
		tierNone:   {FR: "0 : ce n'est pas un second facteur", EN: "0: not a second factor"},
		tierWeak:   {FR: "1 : faible, ou de secours ; ne compte pas comme un second facteur fort", EN: "1: weak, or for recovery; does not count as a strong second factor"},
		tierStrong: {FR: "2 : fort, mais un faux site peut le relayer", EN: "2: strong, but a false site can relay it"},
		tierBound:  {FR: "3 : résiste aux faux sites", EN: "3: resists false sites"},
	} {
		words = append(words, settings.Word{Written: wordsOf(factors(), tier(t)), Means: means})
	}
	return words
}

// wordsOf lists in alphabetical order the words of one meaning.
func wordsOf[M comparable](vocabulary map[string]M, meaning M) (words []string) {
	for _, word := range slices.Sorted(maps.Keys(vocabulary)) {
		if vocabulary[word] == meaning {
			words = append(words, word)
		}
	}
	return words
}
