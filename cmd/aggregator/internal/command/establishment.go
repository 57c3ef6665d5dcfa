// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

func (a *app) establishment() *cobra.Command {
	command := &cobra.Command{Use: "establishment", Short: a.say("Les établissements de la région", "The establishments of the region")}
	var site siteFlags
	add := &cobra.Command{
		Use: "add", Args: cobra.NoArgs, Short: a.say("Ajoute un établissement", "Add an establishment"),
		RunE: a.inRegion(func(ctx context.Context, r *region) error { return a.addEstablishment(ctx, r, site) }),
	}
	add.Flags().StringVar(&site.finess, "finess", "", a.say("numéro FINESS géographique", "geographic FINESS number"))
	add.Flags().StringVar(&site.legal, "legal-finess", "", a.say("numéro FINESS juridique", "legal FINESS number"))
	add.Flags().StringVar(&site.name, "name", "", a.say("nom", "name"))
	add.Flags().StringVar(&site.region, "insee-region", "", a.say("code INSEE de la région", "INSEE code of the region"))
	list := &cobra.Command{
		Use: "list", Args: cobra.NoArgs, Short: a.say("Liste les établissements", "List the establishments"),
		RunE: a.inRegion(a.listEstablishments),
	}
	profile := &cobra.Command{
		Use: "profile FINESS PROFILE", Args: cobra.ExactArgs(2),
		Short: a.say("Choisit le profil par lequel la région juge un établissement", "Choose the profile by which the region judges an establishment"),
	}
	profile.RunE = func(c *cobra.Command, args []string) error {
		return a.inRegion(func(ctx context.Context, r *region) error {
			return a.giveProfile(ctx, r, scanner.FINESS(args[0]), args[1])
		})(c, args)
	}
	var home homeFlags
	place := &cobra.Command{
		Use: "place", Args: cobra.NoArgs,
		Short: a.say("Rattache un établissement à une entité juridique et à un GHT", "Say which legal entity and GHT an establishment belongs to"),
		RunE:  a.inRegion(func(ctx context.Context, r *region) error { return a.placeEstablishment(ctx, r, home) }),
	}
	place.Flags().StringVar(&home.finess, "finess", "", a.say("numéro FINESS géographique", "geographic FINESS number"))
	place.Flags().StringVar(&home.legal, "legal-finess", "", a.say("numéro FINESS juridique ; vide pour aucun", "legal FINESS number; empty for none"))
	place.Flags().StringVar(&home.ght, "ght", "", a.say("nom du GHT ; vide pour aucun", "name of the GHT; empty for none"))
	command.AddCommand(add, list, profile, place, a.eraseEstablishment())
	return command
}

type siteFlags struct{ finess, legal, name, region string }

// parse reads an establishment, with the warnings its numbers deserve.
func (f siteFlags) parse() (e scanner.Establishment, warnings []string, err error) {
	finess, warning, err := scanner.ParseFINESS(f.finess)
	if err != nil {
		return e, nil, err
	}
	e = scanner.Establishment{FINESS: finess, Name: f.name, Region: f.region}
	if f.name == "" {
		return e, nil, errors.New("a name is needed")
	}
	if warning != "" {
		warnings = append(warnings, warning)
	}
	if f.legal != "" {
		e.LegalFINESS, warning, err = scanner.ParseFINESS(f.legal)
		if warning != "" {
			warnings = append(warnings, warning)
		}
	}
	return e, warnings, err
}

func (a *app) addEstablishment(ctx context.Context, r *region, f siteFlags) error {
	e, warnings, err := f.parse()
	if err != nil {
		return badSite(err)
	}
	for _, w := range warnings {
		fmt.Fprintf(a.err, "%s: %s\n", program, w)
	}
	err = r.store.AddEstablishment(ctx, e, time.Now())
	if errors.Is(err, store.ErrExists) {
		return badSite(err)
	}
	if err == nil {
		err = r.audit(ctx, "add-establishment", string(e.FINESS))
	}
	if err == nil {
		a.tell("Établissement %s ajouté : %s", "Establishment %s added: %s", e.FINESS, e.Name)
	}
	return err
}

// giveProfile has an establishment judged by another profile, from its next bundle on.
func (a *app) giveProfile(ctx context.Context, r *region, finess scanner.FINESS, profile string) error {
	if !r.judge.Knows(profile) {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "le profil « " + profile + " » n'existe pas", EN: "profile \"" + profile + "\" does not exist"},
			Hint:     scanner.Text{FR: "profils de la région : " + r.judge.Profiles(), EN: "profiles of the region: " + r.judge.Profiles()},
		}
	}
	err := r.store.GiveProfile(ctx, finess, profile)
	if errors.Is(err, store.ErrNotFound) {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "l'établissement " + string(finess) + " n'existe pas", EN: "establishment " + string(finess) + " does not exist"},
			Hint:     scanner.Text{FR: "« establishment list » montre ceux qui existent", EN: `"establishment list" shows those that exist`},
		}
	}
	if err == nil {
		err = r.audit(ctx, "give-profile", string(finess)+", "+profile)
	}
	if err == nil {
		a.tell("Établissement %s : jugé par le profil %s dès le prochain dossier. « carescan-aggregator rejudge » rejuge ceux qui sont reçus.",
			"Establishment %s: judged by profile %s from its next bundle on. carescan-aggregator rejudge judges those received again.", finess, profile)
	}
	return err
}

func badSite(err error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "cet établissement ne peut pas être ajouté", EN: "this establishment cannot be added"},
		Hint: scanner.Text{
			FR: "donnez --finess (neuf chiffres ou lettres) et --name ; « establishment list » montre ceux qui existent",
			EN: `give --finess (nine digits or letters) and --name; "establishment list" shows those that exist`,
		},
		Cause: err,
	}
}

type homeFlags struct{ finess, legal, ght string }

// placeEstablishment says where an establishment belongs; all sites of a legal entity
// are in its GHT.
func (a *app) placeEstablishment(ctx context.Context, r *region, f homeFlags) error {
	site, err := r.site(ctx, f.finess)
	if err != nil {
		return unknownSite(err)
	}
	var legal scanner.FINESS
	if f.legal != "" {
		if legal, _, err = scanner.ParseFINESS(f.legal); err != nil {
			return badSite(err)
		}
	}
	ght, err := access.ParseGHT(f.ght)
	if err != nil {
		return badSite(err)
	}
	if err := r.store.PlaceEstablishment(ctx, site.FINESS, legal, ght); err != nil {
		return err
	}
	if err := r.audit(ctx, "place-establishment", fmt.Sprintf("%s, %s, %s", site.FINESS, legal, ght)); err != nil {
		return err
	}
	a.tell("Établissement %s : rattachement enregistré.", "Establishment %s: placed.", site.FINESS)
	return nil
}

func (a *app) listEstablishments(ctx context.Context, r *region) error {
	list, err := r.store.Homes(ctx, store.Region())
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, e := range list {
		fmt.Fprintf(w, "%s\t%s\t%s", e.FINESS, e.LegalFINESS, e.Name)
		if e.GHT != "" {
			fmt.Fprintf(w, "\t%s", e.GHT)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// operator is who acts through this command in the journal: whoever may read
// the keys of the region.
const operator = "operator"

func (r *region) audit(ctx context.Context, action, object string) error {
	return r.store.Audit(ctx, store.Deed{At: time.Now(), Actor: operator, IP: "local", Action: action, Object: object})
}
