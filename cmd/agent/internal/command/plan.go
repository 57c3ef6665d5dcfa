// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/runner"
	"carescan/scanner"
	"carescan/scanner/settings"
)

func (a *app) plan() *cobra.Command {
	var s selection
	command := &cobra.Command{
		Use: "plan", Args: cobra.NoArgs,
		Short: a.say("Montre ce qui serait fait, sans rien envoyer", "Show what would run, sending nothing"),
		RunE: func(*cobra.Command, []string) error {
			c, err := a.configuration()
			if err != nil {
				return err
			}
			if c, err = s.apply(c); err != nil {
				return err
			}
			plan, err := runner.Plan(c, time.Now())
			if err != nil {
				return err
			}
			return a.showPlan(c, plan)
		},
	}
	a.selectFlags(command, &s)
	return command
}

func (a *app) showPlan(c config.Config, plan scanner.Plan) error {
	probes, err := runner.Runner{Config: c}.Probes()
	if err != nil {
		return err
	}
	load := map[string]scanner.Load{}
	for _, p := range probes {
		load[p.Name()] = p.Load()
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	auth := plan.Scope.Authorisation
	fmt.Fprintf(w, "%s\t%s (%s)\n", a.say("profil", "profile"), plan.Profile.ID, plan.Profile.Title.In(a.lang.Lang))
	fmt.Fprintf(w, "%s\t%s\n", a.say("point de vue", "vantage"), plan.Vantage)
	fmt.Fprintf(w, "%s\t%s, %s %s\n\n", a.say("autorisé par", "authorised by"), auth.By, a.say("jusqu'au", "until"), a.day(settings.LastDay(auth.Until)))
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", a.say("sonde", "probe"), a.say("cible", "target"), a.say("connexions au plus", "connections at most"), a.say("requêtes au plus", "requests at most"))
	for _, task := range plan.Tasks {
		l := load[task.Probe]
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\n", task.Probe, task.Target.ID, l.Connections, l.Requests)
	}
	fmt.Fprintf(w, "\n%s\t%d\n%s\t%d\n", a.say("vérifications", "checks"), len(plan.Checks), a.say("exigences", "controls"), len(plan.Controls))
	return w.Flush()
}
