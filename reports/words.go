// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"regexp"
	"time"

	"carescan/scanner"
)

// VantageLabel says on screen where a fact was seen from.
func VantageLabel(v scanner.Vantage) scanner.Text {
	switch v {
	case scanner.VantageInternet:
		return scanner.Text{FR: "vu depuis internet", EN: "seen from the internet"}
	case scanner.VantageInside:
		return scanner.Text{FR: "vu depuis le réseau interne", EN: "seen from the inside network"}
	case scanner.VantageDeclared:
		return scanner.Text{FR: "déclaré par l’établissement", EN: "declared by the establishment"}
	}
	return scanner.Text{FR: string(v), EN: string(v)}
}

// StatusLabel says on screen how a look ended.
func StatusLabel(s scanner.Status) scanner.Text {
	switch s {
	case scanner.StatusCompleted:
		return scanner.Text{FR: "observation complète", EN: "complete observation"}
	case scanner.StatusPartial:
		return scanner.Text{FR: "observation incomplète", EN: "incomplete observation"}
	case scanner.StatusError:
		return scanner.Text{FR: "observation impossible", EN: "observation impossible"}
	case scanner.StatusSkipped:
		return scanner.Text{FR: "observation non tentée", EN: "observation not attempted"}
	}
	return scanner.Text{FR: string(s), EN: string(s)}
}

// ConfidenceLabel says on screen how a rule was verified.
func ConfidenceLabel(c scanner.Confidence) scanner.Text {
	switch c {
	case scanner.Verified:
		return scanner.Text{FR: "règle lue dans un texte officiel", EN: "rule read in an official text"}
	case scanner.Secondary:
		return scanner.Text{FR: "règle lue dans une source secondaire", EN: "rule read in a secondary source"}
	case scanner.Known:
		return scanner.Text{FR: "règle connue, texte non retrouvé", EN: "rule known, text not found"}
	case scanner.NotFound:
	}
	return scanner.Text{FR: "texte cherché et non trouvé", EN: "text searched for and not found"}
}

// Date writes a day in words; a missing one is said to be missing.
func Date(t time.Time, l scanner.Lang) string {
	if t.IsZero() {
		return scanner.Text{FR: "date non précisée", EN: "date not stated"}.In(l)
	}
	return scanner.Day(l, t)
}

// Moment writes a day and an hour in words.
func Moment(t time.Time, l scanner.Lang) string { return scanner.Moment(l, t) }

// artifactName is how probes call an artifact: what it is, whose it is, and how
// much of it was kept.
var artifactName = regexp.MustCompile(`^(.*?)( of (\S+))?( \(first (\d+) of (\d+) bytes\))?$`)

var artifactWords = map[string]string{
	"certificate chain":   "chaîne de certificats",
	"DNS answer":          "réponse DNS",
	"DNS answers":         "réponses DNS",
	"DNSSEC answers":      "réponses DNSSEC",
	"HTTP response heads": "en-têtes des réponses HTTP",
	"page elements":       "éléments de la page",
	"template results":    "résultats des modèles de reconnaissance",
	"template results below a random address": "résultats des modèles sous une adresse inventée",
}

// ArtifactLabel names an artifact on screen. A name that no probe of this version
// gives is shown as it was sealed.
func ArtifactLabel(name string) scanner.Text {
	parts := artifactName.FindStringSubmatch(name)
	french, known := artifactWords[parts[1]]
	if !known {
		return scanner.Text{FR: name, EN: name}
	}
	if parts[3] != "" {
		french += " de " + parts[3]
	}
	if parts[5] != "" {
		french += fmt.Sprintf(" (%s premiers octets sur %s)", parts[5], parts[6])
	}
	return scanner.Text{FR: french, EN: name}
}
