// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/runner"
	"carescan/profiles"
	"carescan/scanner"
)

func (a *app) profiles() *cobra.Command {
	command := &cobra.Command{Use: "profiles", Short: a.say("Les profils et les exigences qu'ils évaluent", "The profiles and the controls they assess")}
	list := &cobra.Command{
		Use: "list", Args: cobra.NoArgs, Short: a.say("Liste les profils", "List the profiles"),
		RunE: func(*cobra.Command, []string) error { return a.withProfiles(a.listProfiles) },
	}
	show := &cobra.Command{
		Use: "show ID", Args: cobra.ExactArgs(1), Short: a.say("Montre les exigences d'un profil", "Show the controls of a profile"),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.withProfiles(func(set *profiles.Set) error { return a.showProfile(set, args[0]) })
		},
	}
	command.AddCommand(list, show)
	return command
}

func (a *app) withProfiles(do func(*profiles.Set) error) error {
	c, err := a.configuration()
	if err != nil {
		return err
	}
	set, err := runner.Profiles(c)
	if err != nil {
		return err
	}
	return do(set)
}

func (a *app) listProfiles(set *profiles.Set) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, p := range set.Profiles() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.ID, p.Version, p.Title.Typeset().In(a.lang.Lang), strings.Join(p.Catalogs, ", "))
	}
	return w.Flush()
}

func (a *app) showProfile(set *profiles.Set, id string) error {
	p, err := set.Profile(id)
	if err != nil {
		var known []string
		for _, p := range set.Profiles() {
			known = append(known, p.ID)
		}
		return oneOf(id, known, scanner.Text{FR: "profil", EN: "profile"})
	}
	for _, c := range set.Catalogs(p) {
		fmt.Fprintf(a.out, "%s (%s)\n  %s\n", c.Title.Typeset().In(a.lang.Lang), c.Version, c.Source)
		for _, k := range c.Controls {
			fmt.Fprintf(a.out, "  [%s] %s — %s\n      %s\n", k.Confidence, k.ID, k.Title.Typeset().In(a.lang.Lang), a.served(k))
		}
		fmt.Fprintln(a.out)
	}
	return nil
}

func (a *app) served(k profiles.Control) string {
	switch {
	case len(k.Checks) > 0:
		return strings.Join(k.Checks, ", ")
	case k.Confidence == scanner.NotFound:
		return a.say("réglage vide : à renseigner quand la source officielle sera connue", "empty setting: to fill when the official source is known")
	}
	return a.say("à examiner par une personne", "to be examined by a person")
}
