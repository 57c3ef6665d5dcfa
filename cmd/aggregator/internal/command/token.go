// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

func (a *app) enrolToken() *cobra.Command {
	command := &cobra.Command{Use: "enrol-token", Short: a.say("Les jetons d'enrôlement", "The enrolment tokens")}
	var establishment string
	var approve bool
	create := &cobra.Command{
		Use: "create", Args: cobra.NoArgs,
		Short: a.say("Crée un jeton, qui sert une fois, pendant 72 heures", "Create a token, used once, within 72 hours"),
		RunE:  a.inRegion(func(ctx context.Context, r *region) error { return a.createToken(ctx, r, establishment, approve) }),
	}
	create.Flags().StringVar(&establishment, "establishment", "", a.say("numéro FINESS géographique", "geographic FINESS number"))
	create.Flags().BoolVar(&approve, "approve", false, a.say("l'agent attend qu'une personne l'approuve", "the agent waits until a person approves it"))
	list := &cobra.Command{
		Use: "list", Args: cobra.NoArgs, Short: a.say("Liste les derniers jetons et ce qu'ils sont devenus", "List the latest tokens and what became of them"),
		RunE: a.inRegion(a.listTokens),
	}
	cancel := &cobra.Command{
		Use: "cancel TOKEN", Args: cobra.ExactArgs(1),
		Short: a.say("Annule un jeton qui n'a pas servi, par son identifiant de « list »", "Cancel a token that was not used, by its id of list"),
	}
	cancel.RunE = func(c *cobra.Command, args []string) error {
		return a.inRegion(func(ctx context.Context, r *region) error { return a.cancelToken(ctx, r, args[0]) })(c, args)
	}
	command.AddCommand(create, list, cancel)
	return command
}

// createToken writes the token alone on standard output, so that a script can
// take it; what a person should know goes to standard error.
func (a *app) createToken(ctx context.Context, r *region, establishment string, approve bool) error {
	site, err := r.site(ctx, establishment)
	if err != nil {
		return unknownSite(err)
	}
	where, err := r.addresses()
	if err != nil {
		return err
	}
	word, expires, err := r.authority.Invite(ctx, r.store, authority.Invitation{
		FINESS: site.FINESS, AgentURL: where.Agent, CreatedBy: operator, Approve: approve,
	})
	if err != nil {
		return err
	}
	if err := r.audit(ctx, "create-enrol-token", string(site.FINESS)); err != nil {
		return err
	}
	fmt.Fprintf(a.err, a.say("Jeton pour %s, à utiliser une fois avant le %s :\n", "Token for %s, to use once before %s:\n"),
		site.Name, expires.UTC().Format(time.RFC3339))
	fmt.Fprintln(a.out, word)
	return nil
}

// listedTokens is how many are listed, newest first.
const listedTokens = 500

func (a *app) listTokens(ctx context.Context, r *region) error {
	list, err := r.store.EnrolTokens(ctx, store.Region(), listedTokens)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, t := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.ID, t.FINESS, a.became(t), t.CreatedBy)
	}
	return w.Flush()
}

// became is what a token became, in words.
func (a *app) became(t store.EnrolToken) string {
	switch {
	case !t.UsedAt.IsZero():
		return a.say("utilisé le ", "used ") + t.UsedAt.Format(time.RFC3339)
	case !t.CancelledAt.IsZero():
		return a.say("annulé le ", "cancelled ") + t.CancelledAt.Format(time.RFC3339)
	case t.Waits(time.Now()):
		return a.say("en attente jusqu'au ", "waiting until ") + t.ExpiresAt.Format(time.RFC3339)
	}
	return a.say("expiré le ", "expired ") + t.ExpiresAt.Format(time.RFC3339)
}

func (a *app) cancelToken(ctx context.Context, r *region, id string) error {
	t, err := r.store.CancelToken(ctx, store.Region(), id, time.Now())
	if errors.Is(err, store.ErrNotFound) {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "aucun jeton de cet identifiant n'est en attente", EN: "no token of that id is waiting"},
			Hint:     scanner.Text{FR: "« enrol-token list » montre les jetons et ce qu'ils sont devenus", EN: `"enrol-token list" shows the tokens and what became of them`},
			Cause:    err,
		}
	}
	if err == nil {
		err = r.audit(ctx, "cancel-enrol-token", string(t.FINESS))
	}
	if err == nil {
		a.tell("Jeton annulé : %s", "Token cancelled: %s", id)
	}
	return err
}

// site finds an establishment by its number as a person writes it.
func (r *region) site(ctx context.Context, number string) (scanner.Establishment, error) {
	finess, _, err := scanner.ParseFINESS(number)
	if err != nil {
		return scanner.Establishment{}, err
	}
	return r.store.Establishment(ctx, store.Region(), finess)
}

func unknownSite(err error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "cet établissement n'est pas connu", EN: "this establishment is not known"},
		Hint: scanner.Text{
			FR: "donnez --establishment avec un numéro de « establishment list »",
			EN: `give --establishment with a number of "establishment list"`,
		},
		Cause: err,
	}
}
