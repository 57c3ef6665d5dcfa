// SPDX-License-Identifier: Apache-2.0

package command

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/door"
	"carescan/cmd/agent/internal/runner"
	"carescan/scanner"
	"carescan/scanner/settings"
)

func (a *app) plan() *cobra.Command {
	var s selection
	var discover bool
	command := &cobra.Command{
		Use: "plan", Args: cobra.NoArgs,
		Short: a.say("Montre ce qui serait fait, sans rien envoyer", "Show what would run, sending nothing"),
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := a.configuration()
			if err != nil {
				return err
			}
			if c, err = s.apply(c); err != nil {
				return err
			}
			ready, err := runner.Runner{Config: c}.Prepare(time.Now())
			if err != nil {
				return err
			}
			defer ready.Door.Stop()
			if discover {
				return a.discover(command.Context(), c.Scope, ready)
			}
			if err := a.showPlan(ready); err != nil {
				return err
			}
			a.showCaveats(c.Place(runner.Caveats(c, time.Now())))
			return nil
		},
	}
	a.selectFlags(command, &s)
	command.Flags().BoolVar(&discover, "discover", false, a.say(
		"demander aux résolveurs, et à eux seuls, quels serveurs d'un prestataire sont à déclarer, et écrire les lignes à ajouter",
		"ask the resolvers, and them alone, which servers of a provider are to be declared, and write the lines to add"))
	return command
}

func (a *app) showPlan(ready runner.Prepared) error {
	plan := ready.Plan
	load := map[string]scanner.Load{}
	for _, p := range ready.Probes {
		load[p.Name()] = p.Needs().Load
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	auth := plan.Scope.Authorisation
	_, last := auth.Days()
	fmt.Fprintf(w, "%s\t%s (%s)\n", a.say("profil", "profile"), plan.Profile.ID, plan.Profile.Title.In(a.lang.Lang))
	fmt.Fprintf(w, "%s\t%s\n", a.say("voit depuis", "sees from"), a.place(plan.Vantage))
	fmt.Fprintf(w, "%s\t%s, %s %s\n", a.say("autorisé par", "authorised by"), auth.By, a.say("jusqu'au", "until"), scanner.Day(a.lang.Lang, last))
	for _, words := range exclusions(plan.Scope) {
		fmt.Fprintf(w, "%s\t%s\n", a.say("exclu", "excluded"), words.Typeset().In(a.lang.Lang))
	}
	if providers := plan.Scope.Providers.List(); len(providers) > 0 {
		fmt.Fprintf(w, "%s\t%s (%s)\n", a.say("prestataires", "providers"), strings.Join(providers, ", "), a.say("rencontrés en simple client", "met as an ordinary client"))
	}
	fmt.Fprintf(w, "%s\t%s\n", a.say("débit", "rate"), courtesy(ready.Door.Courtesy()).In(a.lang.Lang))
	fmt.Fprintln(w)
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", a.say("sonde", "probe"), a.say("cible", "target"), a.say("connexions au plus", "connections at most"), a.say("requêtes au plus", "requests at most"))
	for _, task := range plan.Tasks {
		l := load[task.Probe]
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\n", task.Probe, task.Target.ID, l.Connections, l.Requests)
	}
	fmt.Fprintf(w, "\n%s\t%s\t%s\t%s\n", a.say("sonde", "probe"), a.say("contacte", "contacts"), a.say("voit depuis", "sees from"), a.say("demande aussi", "also needs"))
	for _, p := range needed(ready) {
		needs := p.Needs()
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name(), a.contacts(needs), a.place(cmp.Or(needs.Vantage, plan.Vantage)), a.also(needs))
	}
	fmt.Fprintf(w, "\n%s\t%d\n%s\t%d\n", a.say("vérifications", "checks"), len(plan.Checks), a.say("exigences", "controls"), len(plan.Controls))
	return w.Flush()
}

// courtesy tells what one address is given at most.
func courtesy(c door.Courtesy) scanner.Text {
	comma := func(perSecond float64) string { return strings.Replace(fmt.Sprintf("%g", perSecond), ".", ",", 1) }
	return scanner.Text{
		FR: fmt.Sprintf("%s par seconde vers une adresse, connexions ouvertes et requêtes de toutes les sondes ensemble ; connexions en même temps : %d au plus ; paquets UDP : %s par seconde",
			comma(c.Turns), c.AtOnce, comma(c.Packets)),
		EN: fmt.Sprintf("%g per second to one address, connections begun and requests of all probes together; connections at once: %d at most; UDP packets: %g per second",
			c.Turns, c.AtOnce, c.Packets),
	}.Typeset()
}

// exclusions tell what each entry of a scope keeps from being contacted.
func exclusions(s scanner.Scope) []scanner.Text {
	var list []scanner.Text
	for _, r := range s.Excluded {
		list = append(list, settings.Say("%s", "%s", r))
	}
	for _, name := range s.ExcludedNames {
		if strings.HasPrefix(name, "*.") {
			list = append(list, settings.Say("%s : ces noms, et leurs adresses dès qu'ils sont rencontrés", "%s: these names, and their addresses once they are met", name))
			continue
		}
		list = append(list, settings.Say("%s : aucune cible n'a ce nom ; ses adresses sont cherchées au début du passage, et exclues", "%s: no target has this name; its addresses are looked for when the run begins, and excluded", name))
	}
	return list
}

// showCaveats tells what a configuration says that has no effect, or more than was
// probably meant.
func (a *app) showCaveats(caveats settings.Faults) {
	for _, c := range caveats {
		fmt.Fprintf(a.out, "\n%s %s\n→ %s\n", a.say("réserve :", "caveat:"), c.Sentence(a.lang.Lang), c.Hint.Typeset().In(a.lang.Lang))
	}
}

// place is a vantage in words.
func (a *app) place(v scanner.Vantage) string {
	switch v {
	case scanner.VantageInside:
		return a.say("l'intérieur", "inside")
	case scanner.VantageDeclared:
		return a.say("vos déclarations", "your statements")
	case scanner.VantageInternet:
	}
	return string(v)
}

// contacts are the places a probe speaks to, in words.
func (a *app) contacts(needs scanner.Needs) string {
	if len(needs.Contacts) == 0 {
		return a.say("personne", "nobody")
	}
	var places []string
	for _, c := range needs.Contacts {
		places = append(places, c.Text().In(a.lang.Lang))
	}
	return strings.Join(places, ", ")
}

// also is what a probe needs beside the network: rights, files, a system.
func (a *app) also(needs scanner.Needs) string {
	var list []string
	if rights := needs.Rights.In(a.lang.Lang); rights != "" {
		list = append(list, rights)
	}
	for _, f := range needs.Files {
		word := a.say("fichier", "file")
		if f.Secret {
			word = a.say("secret", "secret")
		}
		list = append(list, word+" "+f.Path)
	}
	if len(needs.Systems) > 0 {
		list = append(list, a.say("système ", "system ")+strings.Join(needs.Systems, ", "))
	}
	return strings.Join(list, " ; ")
}
