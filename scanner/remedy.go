// SPDX-License-Identifier: Apache-2.0

package scanner

// remedy says what the reader of a verdict can do. The framework's own reasons
// have their own way out, whatever the check; what was not observed is remedied
// by its causes (Observation.unseen), and so is what a fact says it lacks.
func (c Check) remedy(v Verdict) Text {
	if len(v.Causes) > 0 {
		return v.Causes.Remedy()
	}
	if common, ok := commonRemedies[v.Reason]; ok {
		return common.Fill(v.Values)
	}
	var wanted []Text
	for _, failure := range v.all() {
		wanted = append(wanted, c.Papers.Remedy(failure.Outcome, failure.Reason, failure.Values))
	}
	return joined(wanted)
}

// headline is what lists say of a failure.
func (c Check) headline(v Verdict) Text {
	if v.Outcome != Fail {
		return Text{}
	}
	return c.Papers.Headline(v.Reason)
}

// commonRemedies tell how to reach a verdict when the framework, and not the
// check, could not conclude.
var commonRemedies = typesetAll(map[string]Text{
	reasonNoSource: {
		"Déclarer la source ({source_fr}) sous « {source_key} » dans agent.yaml, puis relancer l'examen ; ne rien faire si l'établissement n'en a pas.",
		`Declare the source ({source_en}) under "{source_key}" in agent.yaml, then scan again; do nothing if the establishment has none.`,
	},
	reasonWrongVantage: {
		"Lancer cet examen depuis un agent placé au point de vue voulu (clé « vantage » de agent.yaml).",
		`Run this scan from an agent placed at the wanted vantage (key "vantage" of agent.yaml).`,
	},
	reasonUnconfirmed: {
		"Rien à corriger encore : un second regard viendra de lui-même, ou relancer l'examen.",
		"Nothing to correct yet: a second look will come by itself, or scan again.",
	},
	reasonNotConfirmed: {
		"Relancer l'examen : deux regards qui disent la même chose concluront.",
		"Scan again: two looks that say the same will conclude.",
	},
	reasonNoReference: {
		"Rendre disponible ce qui manque ({reference_fr}), puis relancer l'examen.",
		"Make what is missing available ({reference_en}), then scan again.",
	},
	reasonCheckError: {
		"Rien à faire dans l'établissement : signaler le message aux mainteneurs avec le dossier scellé.",
		"Nothing to do in the establishment: report the message to the maintainers with the sealed bundle.",
	},
})

func typesetAll(sentences map[string]Text) map[string]Text {
	for key, sentence := range sentences {
		sentences[key] = sentence.Typeset()
	}
	return sentences
}
