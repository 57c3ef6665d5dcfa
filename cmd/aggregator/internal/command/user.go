// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

func (a *app) user() *cobra.Command {
	command := &cobra.Command{Use: "user", Short: a.say("Les personnes qui se connectent", "The people who sign in")}
	var f userFlags
	add := &cobra.Command{
		Use: "add", Args: cobra.NoArgs,
		Short: a.say("Invite une personne et affiche son lien de première connexion", "Invite a person and print their first sign-in link"),
		RunE:  a.inRegion(func(ctx context.Context, r *region) error { return a.addUser(ctx, r, f) }),
	}
	add.Flags().StringVar(&f.name, "name", "", a.say("nom affiché", "name shown"))
	add.Flags().StringVar(&f.email, "email", "", a.say("adresse électronique", "e-mail address"))
	add.Flags().BoolVar(&f.admin, "admin", false, a.say("administre la région", "administers the region"))
	add.Flags().StringVar(&f.establishment, "establishment", "", a.say("ne voit que cet établissement (FINESS)", "sees this establishment only (FINESS)"))
	var email string
	reset := &cobra.Command{
		Use: "reset", Args: cobra.NoArgs,
		Short: a.say("Donne un nouveau lien à une personne qui a perdu ses moyens de connexion", "Give a new link to a person who lost their secrets"),
		RunE:  a.inRegion(func(ctx context.Context, r *region) error { return a.resetUser(ctx, r, email) }),
	}
	reset.Flags().StringVar(&email, "email", "", a.say("adresse électronique", "e-mail address"))
	command.AddCommand(add, reset)
	return command
}

type userFlags struct {
	name, email, establishment string
	admin                      bool
}

func (f userFlags) person(ctx context.Context, r *region) (account.Person, error) {
	p := account.Person{Name: f.name, Email: f.email, Admin: f.admin, Scope: store.Region()}
	if p.Name == "" {
		return p, errors.New("a name is needed")
	}
	if f.establishment == "" {
		return p, nil
	}
	if f.admin {
		return p, errors.New("an administrator sees the whole region")
	}
	site, err := r.site(ctx, f.establishment)
	p.Scope = store.Only(site.FINESS)
	return p, err
}

func (a *app) addUser(ctx context.Context, r *region, f userFlags) error {
	person, err := f.person(ctx, r)
	if err != nil {
		return badUser(err)
	}
	where, err := r.addresses()
	if err != nil {
		return err
	}
	code, err := r.accounts.Invite(ctx, person)
	if err != nil {
		return badUser(err)
	}
	return a.giveLink(ctx, r, "add-user", person.Email, where.Web, code)
}

func (a *app) resetUser(ctx context.Context, r *region, email string) error {
	where, err := r.addresses()
	if err != nil {
		return err
	}
	code, err := r.accounts.Reset(ctx, email)
	if err != nil {
		return badUser(err)
	}
	return a.giveLink(ctx, r, "reset-user", email, where.Web, code)
}

// giveLink writes the link alone on standard output.
func (a *app) giveLink(ctx context.Context, r *region, action, email, web, code string) error {
	if err := r.audit(ctx, action, email); err != nil {
		return err
	}
	fmt.Fprintln(a.err, a.say("Lien de première connexion, à remettre à la personne ; il sert une fois, pendant 72 heures :",
		"First sign-in link, to hand to the person; it works once, within 72 hours:"))
	fmt.Fprintln(a.out, web+"/welcome/"+code)
	return nil
}

func badUser(err error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "cette personne ne peut pas être invitée", EN: "this person cannot be invited"},
		Hint: scanner.Text{
			FR: "donnez --name et --email ; « user reset » donne un nouveau lien à une personne déjà connue",
			EN: `give --name and --email; "user reset" gives a new link to a person already known`,
		},
		Cause: err,
	}
}
