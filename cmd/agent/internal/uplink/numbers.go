// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"net/http"

	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// heed does what the aggregator asks beside a receipt. It can have the agent send
// its own bundles once more, and nothing else.
func (u *Uplink) heed(header http.Header) {
	if number := header.Get(wire.HeaderBranch); number != "" {
		u.Tell(branched())
	}
	missing, err := wire.ParseSpans(header.Get(wire.HeaderMissing))
	if err != nil || len(missing) == 0 {
		return
	}
	again, err := u.spool.Again(func(e spool.Entry) bool { return missing.Hold(e.Seq) }, u.spool.Sent)
	if err != nil || len(again) > 0 {
		u.recalled = len(again) > 0
		u.Tell(askedAgain(missing, len(again), err))
	}
}

// branched tells of a number that another bundle bore already. Nothing here is
// wrong with the bundle, which the aggregator keeps.
func branched() *cli.Problem {
	return &cli.Problem{
		Sentence: scanner.Text{
			FR: "l'agrégateur tenait déjà un autre dossier sous ce numéro : ce passage y est gardé comme une branche nouvelle, et la région en est avertie",
			EN: "the aggregator already held another bundle of that number: this run is kept there as a new branch, and the region is told",
		},
		Hint: scanner.Text{
			FR: "si l'état de cet agent vient d'une copie restaurée, il n'y a rien à faire ; si cette machine a été clonée, donnez au clone un dossier d'état neuf et un autre jeton",
			EN: "if the state of this agent comes from a restored copy, there is nothing to do; if this machine was cloned, give the clone a new state folder and another token",
		},
	}
}

func askedAgain(missing wire.Spans, found int, cause error) *cli.Problem {
	return &cli.Problem{
		Sentence: settings.Say(
			"numéros de dossiers que l'agrégateur n'a pas, ou n'a plus : %s ; gardés ici et renvoyés : %d",
			"numbers of bundles that the aggregator does not hold, or no longer holds: %s; kept here and sent again: %d", missing.String(), found),
		Hint: scanner.Text{
			FR: "rien à faire ; si cela revient souvent, prévenez le centre régional",
			EN: "nothing to do; if it comes back often, tell the regional centre",
		},
		Cause: cause,
	}
}
