// SPDX-License-Identifier: Apache-2.0

package command

import (
	"cmp"
	"os"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/agent/internal/spool"
	"carescan/reports"
	"carescan/reports/bundle"
	"carescan/scanner"
)

func (a *app) judge() *cobra.Command {
	var o output
	var profile string
	command := &cobra.Command{
		Use: "judge BUNDLE", Args: cobra.ExactArgs(1),
		Short: a.say("Rejuge un dossier scellé avec les vérifications d'aujourd'hui, sans rien contacter", "Judge a bundle again with today's checks, contacting nothing"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			opened, err := a.open(args[0])
			if err != nil {
				return err
			}
			run, err := a.rejudge(opened, profile)
			if err != nil {
				return err
			}
			if err := a.write(document(run, nil, nil), nil, o); err != nil {
				return err
			}
			return exitOf(run)
		},
	}
	a.outputFlags(command, &o)
	command.Flags().StringVar(&profile, "profile", "", a.say("profil à appliquer (celui du dossier par défaut)", "profile to apply (default: the bundle's)"))
	return command
}

// rejudge applies today's checks and catalogs to the observations of a bundle.
// The result is not sealed: it is what the same facts mean today.
func (a *app) rejudge(opened *bundle.Opened, profile string) (scanner.Run, error) {
	run := opened.Run
	c, err := a.configuration()
	if err != nil {
		return run, err
	}
	set, err := runner.Profiles(c)
	if err != nil {
		return run, err
	}
	plan, err := set.Resolve(cmp.Or(profile, run.Profile.ID), scanner.Plan{Establishment: run.Establishment, Scope: run.Scope, Vantage: run.Vantage})
	if err != nil {
		return run, badConfig(err)
	}
	judgement := plan.Judge(run.Observations)
	run.Profile = plan.Profile
	run.Findings, run.Coverage, run.Controls = judgement.Findings, judgement.Coverage, judgement.Controls
	return run, nil
}

func (a *app) report() *cobra.Command {
	var o output
	command := &cobra.Command{
		Use: "report BUNDLE", Args: cobra.ExactArgs(1),
		Short: a.say("Présente à nouveau un dossier scellé", "Present a bundle again"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			opened, err := a.open(args[0])
			if err != nil {
				return err
			}
			raw, err := readFile(args[0])
			if err != nil {
				return err
			}
			return a.write(document(opened.Run, ref(opened), a.names(opened)), raw, o)
		},
	}
	a.outputFlags(command, &o)
	return command
}

// open reads and verifies a bundle file.
func (a *app) open(path string) (*bundle.Opened, error) {
	raw, err := readFile(path)
	if err != nil {
		return nil, err
	}
	opened, err := bundle.Open(raw, bundle.Options{})
	if err != nil {
		return nil, a.notVerified(err)
	}
	return opened, nil
}

// names finds the people behind pseudonyms where the agent keeps them. Away
// from the establishment there are none, and the report shows pseudonyms.
func (a *app) names(opened *bundle.Opened) map[string]string {
	c, err := a.configuration()
	if err != nil {
		return nil
	}
	if _, err := os.Stat(spoolFolder(c)); err != nil {
		return nil
	}
	s, err := spool.Open(spoolFolder(c))
	if err != nil {
		return nil
	}
	names, err := s.Names(opened.Header.ID)
	if err != nil {
		return nil
	}
	return names
}

func ref(o *bundle.Opened) *reports.BundleRef {
	return &reports.BundleRef{
		ID: o.Header.ID, Digest: o.Digest, KeyID: o.KeyID, Seq: o.Header.Seq,
		AgentID: o.Header.AgentID, SealedAt: o.Header.SealedAt,
	}
}
