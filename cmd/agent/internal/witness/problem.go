// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// Alarm tells of a rewritten history, if one was found.
func (w *Witness) Alarm() (*cli.Problem, error) {
	found, err := w.Rewritten()
	if err != nil || found == nil {
		return nil, err
	}
	return &cli.Problem{
		Sentence: settings.Say(
			"le journal de preuves de la région ne continue pas celui que cet agent a vu le %s : son histoire a été récrite, ou la région a été remise d'une copie plus ancienne",
			"the evidence log of the region does not continue the one that this agent saw on %s: its history was rewritten, or the region was put back from an older copy",
			settings.DayText(found.Seen.At)),
		Hint: scanner.Text{
			FR: "demandez une explication écrite au centre régional, et gardez le dossier " + w.folder + " : il contient les deux signatures qui se contredisent. Une fois l'affaire éclaircie, déplacez ce dossier ailleurs : l'agent repartira de ce que la région montre alors",
			EN: "ask the regional centre for a written explanation, and keep folder " + w.folder + ": it holds the two signatures that contradict each other. Once the matter is settled, move that folder elsewhere: the agent will begin again with what the region shows then",
		},
		Cause: ErrRewritten,
	}, nil
}
