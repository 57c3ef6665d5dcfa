// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
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
	create := &cobra.Command{
		Use: "create", Args: cobra.NoArgs,
		Short: a.say("Crée un jeton, qui sert une fois, pendant 72 heures", "Create a token, used once, within 72 hours"),
		RunE:  a.inRegion(func(ctx context.Context, r *region) error { return a.createToken(ctx, r, establishment) }),
	}
	create.Flags().StringVar(&establishment, "establishment", "", a.say("numéro FINESS géographique", "geographic FINESS number"))
	command.AddCommand(create)
	return command
}

// createToken writes the token alone on standard output, so that a script can
// take it; what a person should know goes to standard error.
func (a *app) createToken(ctx context.Context, r *region, establishment string) error {
	site, err := r.site(ctx, establishment)
	if err != nil {
		return unknownSite(err)
	}
	where, err := r.addresses()
	if err != nil {
		return err
	}
	word, expires, err := r.authority.Invite(ctx, r.store, authority.Invitation{FINESS: site.FINESS, AgentURL: where.Agent, CreatedBy: operator})
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
