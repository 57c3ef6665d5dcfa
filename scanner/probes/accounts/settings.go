// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"carescan/scanner"
	"carescan/scanner/settings"
)

// Settings are the exports that are read.
type Settings []Config

// Config describes the export of one application.
type Config struct {
	ID        string       `yaml:"id"` // of the application target
	Name      string       `yaml:"name"`
	File      string       `yaml:"file"`
	Sensitive bool         `yaml:"sensitive"`
	AsOf      settings.Day `yaml:"as_of"` // date of the export; zero: of the file
	// Columns renames the columns of Defaults: "Identifiant" is "login". An empty
	// word says that the export has no such column.
	Columns []Meaning `yaml:"columns"`
	// Populations says which population a word of the function column means.
	Populations []Meaning `yaml:"populations"`
	// Factors adds words to the vocabulary of factors: "badge" is "cps" or "3".
	Factors []Meaning `yaml:"factors"`
	// Statuses and Mandatory add words to those columns: "en congé" is "actif" or
	// "inactif", "hors site" is "oui" or "non".
	Statuses  []Meaning `yaml:"statuses"`
	Mandatory []Meaning `yaml:"mandatory"`
}

// Meaning gives a word of an export its meaning here.
type Meaning struct {
	Word string `yaml:"word"`
	Is   string `yaml:"is"`
}

// Section documents the settings.
var Section = settings.Section{
	Name: "applications",
	Is: scanner.Text{
		FR: "Exports des comptes d'applications, en CSV : qui détient un second facteur.",
		EN: "Exports of the accounts of applications, in CSV: who owns a second factor.",
	},
	Model: &model,
	Keys: settings.Keys{
		"id": {
			FR: "nom court, repris dans les constats ; il ne doit plus changer", EN: "short name, shown in findings; it must not change any more",
			Needed: true, Example: "dpi",
		},
		"name": {FR: "nom affiché", EN: "name shown", Example: "Dossier patient informatisé"},
		"file": {FR: "fichier CSV de l'export", EN: "CSV file of the export", Needed: true, Example: "exports/dpi.csv"},
		"sensitive": {
			FR: "l'application tient des données de santé", EN: "the application holds health data",
			Default: "false", Example: "true",
		},
		"as_of": {FR: "date de l'export ; à défaut, celle du fichier", EN: "date of the export; without it, that of the file", Example: "2026-11-20"},
		"columns": {
			FR: "titres des colonnes de l'export, quand ils ne sont pas les titres usuels", EN: "titles of the columns of the export, where they are not the usual ones",
		},
		"columns.word": {FR: "titre dans l'export ; vide : il n'a pas cette colonne", EN: "title in the export; empty: it has no such column", Example: "Identifiant"},
		"columns.is":   {FR: "colonne usuelle : login, statut, fonction, facteur, 2fa_obligatoire", EN: "usual column: login, statut, fonction, facteur, 2fa_obligatoire", Example: "login"},
		"populations":  {FR: "sens des mots de la colonne fonction", EN: "meaning of the words of the column fonction"},
		"populations.word": {
			FR: "mot de l'export", EN: "word of the export", Example: "Sage-femme",
		},
		"populations.is": {
			FR: "population : administrators, remote_users, suppliers, physicians, nurses, other_dpi_users, guests, patients",
			EN: "population: administrators, remote_users, suppliers, physicians, nurses, other_dpi_users, guests, patients", Example: "nurses",
		},
		"factors":        {FR: "sens des mots de la colonne facteur", EN: "meaning of the words of the column facteur"},
		"factors.word":   {FR: "mot de l'export", EN: "word of the export", Example: "Carte d'établissement"},
		"factors.is":     {FR: "méthode connue (cps, totp, sms…) ou niveau de 0 à 3", EN: "known method (cps, totp, sms…) or tier from 0 to 3", Example: "cps"},
		"statuses":       {FR: "sens des mots de la colonne statut", EN: "meaning of the words of the column statut"},
		"statuses.word":  {FR: "mot de l'export", EN: "word of the export", Example: "En congé"},
		"statuses.is":    {FR: "actif ou inactif", EN: "actif (enabled) or inactif (disabled)", Example: "actif"},
		"mandatory":      {FR: "sens des mots de la colonne 2fa_obligatoire", EN: "meaning of the words of the column 2fa_obligatoire"},
		"mandatory.word": {FR: "mot de l'export", EN: "word of the export", Example: "Hors site"},
		"mandatory.is":   {FR: "oui ou non", EN: "oui (yes) or non (no)", Example: "non"},
	},
}

// Validate names what keeps an export from being understood.
func (s Settings) Validate() settings.Faults {
	return settings.Each(s, func(c Config) string { return c.ID }, Config.validate)
}

func (c Config) validate() (faults settings.Faults) {
	if c.ID == "" {
		faults = append(faults, settings.Missing("id", "id: dpi"))
	}
	if c.File == "" {
		faults = append(faults, settings.Missing("file", "file: exports/dpi.csv"))
	}
	_, columns := columnNames(c.Columns)
	_, words := newVocabulary(c)
	return append(append(faults, columns...), words...)
}

// FilePaths are the exports.
func (s Settings) FilePaths() []*string {
	var paths []*string
	for i := range s {
		paths = append(paths, &s[i].File)
	}
	return paths
}

// Targets are the declared applications.
func (s Settings) Targets() []scanner.Target {
	var targets []scanner.Target
	for _, c := range s {
		targets = append(targets, scanner.Target{Kind: scanner.KindApplication, ID: c.ID})
	}
	return targets
}
