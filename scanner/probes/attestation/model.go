// SPDX-License-Identifier: Apache-2.0

package attestation

import (
	_ "embed"

	"carescan/scanner"
	"carescan/scanner/probes/internal/yamlfile"
	"carescan/scanner/settings"
)

//go:embed model.yaml
var modelFile string

// model is the file of statements.
var model = settings.Model{
	Name: "attestations", File: "attestations.yaml", Content: modelFile,
	Declared: "attestations: attestations.yaml\n",
	Value:    file{},
	Limits: map[string]int{
		"MiB": yamlfile.MaxFile >> 20, "statements": maxStatements, "text": maxText, "document": maxDocument >> 20,
	},
	Keys: settings.Keys{
		"attestations":       {FR: "une attestation par élément de la liste", EN: "one statement for each item of the list"},
		"attestations.topic": {FR: "ce qui est attesté : voir les sujets", EN: "what is stated: see the topics", Needed: true, Example: "crisis-exercise"},
		"attestations.date": {
			FR:     "jour où cela a eu lieu ; une date à venir est une annonce, et ne prouve rien",
			EN:     "day it took place; a date to come is an announcement, and proves nothing",
			Needed: true, Example: "2026-03-14",
		},
		"attestations.role": {
			FR:     "fonction de la personne qui atteste, et non son nom",
			EN:     "function of who states it, not a name",
			Needed: true, Example: "RSSI",
		},
		"attestations.reference": {FR: "référence du document, sans nom de personne", EN: "reference of the document, without the name of a person", Example: "EX-CRISE-2026"},
		"attestations.document": {
			FR:      "chemin du document, depuis le dossier de ce fichier et sans en sortir ; seule son empreinte est gardée",
			EN:      "path of the document, from the folder of this file and never out of it; only its digest is kept",
			Example: "documents/exercice.pdf",
		},
	},
	Vocabularies: []settings.Vocabulary{{Name: "topics", Words: topicWords()}},
}

var topicMeanings = map[string]scanner.Text{
	topicExercise: {FR: "un exercice de crise cyber a eu lieu", EN: "a cyber crisis exercise took place"},
	topicPolicy:   {FR: "la politique de sécurité (PSSI) a été approuvée", EN: "the security policy (PSSI) was approved"},
}

func topicWords() (words []settings.Word) {
	for _, topic := range topics() {
		words = append(words, settings.Word{Written: []string{topic}, Means: topicMeanings[topic]})
	}
	return words
}
