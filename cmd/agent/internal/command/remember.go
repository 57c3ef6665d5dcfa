// SPDX-License-Identifier: Apache-2.0

package command

import (
	"carescan/checks"
	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/reports/bundle"
	"carescan/scanner"
	"carescan/scanner/probes/history"
	"carescan/scanner/settings"
)

// remember adds a sealed run to the memory of the establishment, once. The bundle
// is whole and kept whatever happens: what could not be remembered now is in the
// spool still, see catchUp.
func (d *desk) remember(s history.Sealed) {
	if err := d.past.Keep(s, checks.All()); err != nil {
		d.warn(notRemembered(settings.Say(
			"le passage %s est scellé et gardé, mais la mémoire des passages n'a pas pu le noter : le prochain passage réessaiera",
			"run %s is sealed and kept, but the memory of runs could not note it: the next run will try again", s.Run.ID), err))
	}
}

// catchUp remembers the runs that were sealed and not remembered, because the
// agent was killed or the disk refused in between, or because the memory is lost.
// Runs are told in the order of their seals, so it comes before the next one is
// looked at, and before it is sealed.
func (d *desk) catchUp() {
	establishment := d.config.Establishment.Identity().Target()
	known, err := d.past.Recall(establishment)
	if err != nil {
		d.warn(notRemembered(settings.Say(
			"la mémoire des passages antérieurs n'est pas lisible : elle est refaite d'après les dossiers gardés ici",
			"the memory of earlier runs cannot be read: it is made again of the bundles kept here"), err))
	}
	entries, err := d.spool.All()
	if err != nil {
		d.warn(notRemembered(settings.Say(
			"les passages déjà scellés n'ont pas pu être listés : les comparaisons avec le passé peuvent manquer",
			"the runs sealed before could not be listed: comparisons with the past may be missing"), err))
	}
	sealed := map[string]spool.Entry{}
	var ids []string
	for _, e := range entries {
		sealed[e.ID], ids = e, append(ids, e.ID)
	}
	for _, id := range history.Untold(known, ids) {
		raw, err := readFile(sealed[id].Path)
		if err != nil {
			d.warn(lostFromMemory(id, err))
			continue
		}
		opened, err := bundle.Open(raw, bundle.Options{})
		if err != nil {
			d.warn(lostFromMemory(id, err))
			continue
		}
		// Several establishments may have been looked at from one state folder.
		if opened.Run.Establishment.Target() == establishment {
			d.remember(history.Sealed{Run: opened.Run, Bundle: opened.Digest, Seq: opened.Header.Seq})
		}
	}
}

func lostFromMemory(id string, cause error) *cli.Problem {
	return notRemembered(settings.Say(
		"le dossier scellé %s n'est pas lisible : la mémoire des passages se fait sans lui",
		"the sealed bundle %s cannot be read: the memory of runs is made without it", id), cause)
}

// notRemembered is what the memory lacks: the run that is shown lacks nothing.
func notRemembered(sentence scanner.Text, cause error) *cli.Problem {
	return &cli.Problem{
		Sentence: sentence,
		Hint: scanner.Text{
			FR: "vérifiez la place et les droits du dossier d'état (state) ; ce passage n'est pas à refaire",
			EN: "check the space and the rights of the state folder; this run need not be made again",
		},
		Cause: cause,
	}
}

// once tells each problem a single time: a run looks into its memory before the look
// and before the seal.
func once(tell func(*cli.Problem)) func(*cli.Problem) {
	told := map[scanner.Text]bool{}
	return func(p *cli.Problem) {
		if !told[p.Sentence] {
			told[p.Sentence] = true
			tell(p)
		}
	}
}
