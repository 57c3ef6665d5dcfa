// SPDX-License-Identifier: Apache-2.0

package attestation

import (
	_ "embed"

	"carescan/scanner"
	"carescan/scanner/fact"
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
		"attestations.type":      {FR: "type d'un exercice : voir les types ; un seul compte comme exercice annuel", EN: "type of an exercise: see the types; one alone counts as the yearly exercise", Example: "care-continuity"},
		"attestations.document": {
			FR:      "chemin du document, depuis le dossier de ce fichier et sans en sortir ; seule son empreinte est gardée",
			EN:      "path of the document, from the folder of this file and never out of it; only its digest is kept",
			Example: "documents/exercice.pdf",
		},
	},
	Vocabularies: []settings.Vocabulary{{Name: "topics", Words: topicWords()}, {Name: "types", Words: typeWords()}},
}

var topicMeanings = map[string]scanner.Text{
	topicExercise: {FR: "un exercice de crise cyber a eu lieu", EN: "a cyber crisis exercise took place"},
	topicPolicy:   {FR: "la politique de sécurité (PSSI) a été approuvée", EN: "the security policy (PSSI) was approved"},
}

// typeMeanings follow the guidance on the yearly exercise (regulation-2.md section 6).
var typeMeanings = map[fact.ExerciseType]scanner.Text{
	fact.ExerciseCare: {
		FR: "continuité des soins pendant une crise cyber, avec la direction et les services de soins : le seul qui compte",
		EN: "continuity of care during a cyber crisis, with the management and care departments: the one that counts",
	},
	fact.ExerciseIT:          {FR: "continuité informatique ; ne compte pas", EN: "IT continuity; does not count"},
	fact.ExerciseRecovery:    {FR: "reprise informatique à l'échelle du groupement ; ne compte pas", EN: "IT recovery at the level of the group; does not count"},
	fact.ExerciseMaintenance: {FR: "mode dégradé pendant une maintenance ; ne compte pas", EN: "degraded mode during maintenance; does not count"},
	fact.ExerciseSwitch:      {FR: "bascule courante entre systèmes redondants ; ne compte pas", EN: "routine switch between redundant systems; does not count"},
	fact.ExerciseRestore:     {FR: "test de restauration ; ne compte pas", EN: "restore test; does not count"},
	fact.ExerciseDirectory:   {FR: "restauration de l'annuaire ou de la messagerie ; ne compte pas", EN: "restore of the directory or of mail; does not count"},
}

func typeWords() (words []settings.Word) {
	for _, t := range fact.ExerciseTypes() {
		words = append(words, settings.Word{Written: []string{string(t)}, Means: typeMeanings[t]})
	}
	return words
}

func topicWords() (words []settings.Word) {
	for _, topic := range topics() {
		words = append(words, settings.Word{Written: []string{topic}, Means: topicMeanings[topic]})
	}
	return words
}
