// SPDX-License-Identifier: Apache-2.0

package hosting

import (
	_ "embed"
	"strconv"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/yamlfile"
	"carescan/scanner/settings"
)

//go:embed model.yaml
var modelFile string

// model is the register of hosting.
var model = settings.Model{
	Name: "hosting", File: "hebergement.yaml", Content: modelFile,
	Declared: "hosting_register: hebergement.yaml\n",
	Value:    register{},
	Limits: map[string]int{
		"MiB": yamlfile.MaxFile >> 20, "applications": maxApplications, "list": maxList, "text": maxText,
	},
	Keys: settings.Keys{
		"as_of": {
			FR:     "date de la dernière revue du registre, complet ce jour-là",
			EN:     "date the register was last reviewed, complete on that day",
			Needed: true, Example: "2026-10-01",
		},
		"applications": {FR: "une application par élément de la liste", EN: "one application for each item of the list"},
		"applications.id": {
			FR:     "nom court, en minuscules, repris dans les constats ; il ne doit plus changer, et sert une fois",
			EN:     "short name, in lower case, shown in findings; it must not change any more, and serves once",
			Needed: true, Example: "prise-rdv",
		},
		"applications.name":        {FR: "nom affiché ; à défaut, id", EN: "name shown; without it, id", Example: "Prise de rendez-vous en ligne"},
		"applications.mode":        {FR: "qui héberge : voir les modes", EN: "who hosts: see the modes", Needed: true, Example: "saas"},
		"applications.health_data": {FR: "elle tient des données de santé", EN: "it holds health data", Needed: true, Example: "true"},
		"applications.activities": {
			FR: "activités réellement exercées pour elle, de 1 à 6", EN: "activities really performed for it, from 1 to 6", Example: "[1, 2, 3, 4, 5, 6]",
		},
		"applications.endpoints": {
			FR:      "noms ou adresses où elle répond, sans https:// ni port ; ils sont résolus, jamais contactés",
			EN:      "names or addresses where it answers, without https:// nor port; they are resolved, never contacted",
			Example: "[rdv.hebergeur-exemple.test]",
		},
		"applications.chain":            {FR: "les prestataires, de l'hébergeur à ses sous-traitants", EN: "the providers, from the host to its subcontractors"},
		"applications.chain.provider":   {FR: "nom du prestataire", EN: "name of the provider", Needed: true, Example: "Hébergeur Exemple"},
		"applications.chain.role":       {FR: "son rôle, en quelques mots", EN: "its role, in a few words", Example: "hébergeur"},
		"applications.chain.activities": {FR: "activités qu'il exerce, de 1 à 6", EN: "activities it performs, from 1 to 6", Example: "[1, 2, 3, 4, 6]"},
		"applications.chain.asns": {
			FR: "numéros de ses réseaux (AS), avec ou sans « AS » devant", EN: `numbers of its networks (AS), with or without "AS" before`, Example: "[64500]",
		},
		"applications.chain.certificate": {FR: "son certificat HDS", EN: "its HDS certificate"},
		"applications.chain.certificate.number": {
			FR: "numéro du certificat", EN: "number of the certificate", Example: `"FR000001"`,
		},
		"applications.chain.certificate.body":       {FR: "organisme certificateur", EN: "certification body", Example: "Certificateur Exemple"},
		"applications.chain.certificate.version":    {FR: "version du référentiel HDS", EN: "version of the HDS requirements", Example: `"2"`},
		"applications.chain.certificate.activities": {FR: "activités certifiées, de 1 à 6", EN: "activities certified, from 1 to 6", Example: "[1, 2, 3, 4, 6]"},
		"applications.chain.certificate.issued":     {FR: "premier jour de validité", EN: "first day it is valid", Example: "2025-10-01"},
		"applications.chain.certificate.expires":    {FR: "fin de validité", EN: "end of its validity", Example: "2028-10-01"},
	},
	Vocabularies: []settings.Vocabulary{
		{Name: "modes", Words: modeWords()},
		{Name: "activities", Words: activityWords()},
	},
}

var modeMeanings = map[fact.HostingMode]scanner.Text{
	fact.HostedInternally: {FR: "l'établissement, pour ses propres soins : aucun certificat n'est demandé", EN: "the establishment, for its own care: no certificate is asked for"},
	fact.HostedByGHT:      {FR: "un autre établissement du groupement (GHT)", EN: "another establishment of the group (GHT)"},
	fact.HostedByOther:    {FR: "un tiers, chez qui l'établissement place ses serveurs ou son application", EN: "a third party, where the establishment puts its servers or its application"},
	fact.HostedAsService:  {FR: "l'éditeur, qui fournit l'application en ligne", EN: "the publisher, who provides the application online"},
}

func modeWords() (words []settings.Word) {
	for _, mode := range modes() {
		words = append(words, settings.Word{Written: []string{mode}, Means: modeMeanings[fact.HostingMode(mode)]})
	}
	return words
}

// activities are those of R.1111-9 CSP, from 1.
var activities = []scanner.Text{
	{FR: "sites physiques", EN: "physical sites"},
	{FR: "infrastructure matérielle", EN: "hardware infrastructure"},
	{FR: "infrastructure virtuelle", EN: "virtual infrastructure"},
	{FR: "plateforme d'hébergement d'applications", EN: "application hosting platform"},
	{FR: "administration et exploitation du système qui contient les données", EN: "administration and operation of the system that holds the data"},
	{FR: "sauvegarde des données", EN: "backup of the data"},
}

func activityWords() (words []settings.Word) {
	for i, means := range activities {
		words = append(words, settings.Word{Written: []string{strconv.Itoa(i + 1)}, Means: means})
	}
	return words
}
