// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

func (a *app) resend() *cobra.Command {
	var from uint64
	command := &cobra.Command{
		Use: "resend", Args: cobra.NoArgs,
		Short: a.say("Envoie de nouveau les dossiers gardés, à partir d'un numéro", "Send the bundles that are kept once more, from a number on"),
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := a.configuration()
			if err != nil {
				return err
			}
			d, err := openDesk(c, once(a.warn))
			if err != nil {
				return err
			}
			return a.sendAgain(command.Context(), d, from)
		},
	}
	command.Flags().Uint64Var(&from, "from", 0, a.say("premier numéro à renvoyer, tel que l'agrégateur le nomme", "first number to send again, as the aggregator names it"))
	_ = command.MarkFlagRequired("from") // the flag was just defined
	return command
}

// sendAgain sends what was acknowledged or refused, from a number on. What the
// aggregator holds already it recognises, so a number too many does no harm.
func (a *app) sendAgain(ctx context.Context, d *desk, from uint64) error {
	if d.agentID == "" {
		return notEnrolled()
	}
	entries, err := d.spool.All()
	if err != nil {
		return badState(d.config, err)
	}
	if len(entries) == 0 || entries[len(entries)-1].Seq < from {
		return nothingKept(from)
	}
	if oldest := entries[0].Seq; oldest > max(from, 1) {
		a.warn(notKeptSoLong(from, oldest))
	}
	again, err := d.spool.Again(func(e spool.Entry) bool { return e.Seq >= from }, d.spool.Sent, d.spool.Rejected)
	if err != nil {
		return badState(d.config, err)
	}
	if len(again) > 0 {
		fmt.Fprintf(a.err, a.say("Dossiers remis à l'envoi : %d, du n° %d au n° %d\n", "Bundles to send again: %d, from no. %d to no. %d\n"),
			len(again), again[0].Seq, again[len(again)-1].Seq)
	}
	return a.send(ctx, d, func(e spool.Entry) bool { return e.Seq >= from })
}

func nothingKept(from uint64) error {
	return &cli.Problem{
		Sentence: settings.Say("aucun dossier gardé ici ne porte le n° %d ni un suivant", "no bundle kept here bears no. %d or a later one", from),
		Hint: scanner.Text{
			FR: "donnez le plus petit numéro que l'agrégateur dit manquer ; les dossiers acquittés sont gardés trente jours",
			EN: "give the lowest number that the aggregator says is missing; bundles with a receipt are kept thirty days",
		},
	}
}

func notKeptSoLong(from, oldest uint64) *cli.Problem {
	return &cli.Problem{
		Sentence: settings.Say(
			"le plus ancien dossier gardé ici porte le n° %d : ceux qui vont du n° %d au précédent ne peuvent plus être envoyés",
			"the oldest bundle kept here bears no. %d: those from no. %d to the one before it can no longer be sent", oldest, max(from, 1)),
		Hint: scanner.Text{
			FR: "si vous tenez une sauvegarde du dossier d'état, ses fichiers .carescan se vérifient et se remettent au centre régional",
			EN: "if you hold a backup of the state folder, its .carescan files can be verified and handed to the regional centre",
		},
	}
}
