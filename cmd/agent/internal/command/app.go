// SPDX-License-Identifier: Apache-2.0

// Package command is what a person types: one file per command of the agent.
package command

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/agent/internal/sources"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// app is one invocation of the command.
type app struct {
	in         io.Reader
	out, err   io.Writer
	lang       cli.Language
	configFile string
	quiet      bool
}

// Main runs the command and returns its exit code.
func Main(args []string, in io.Reader, out, err io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{in: in, out: out, err: err, lang: cli.LanguageOf(args)}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // only the daemon has a log
	root := a.root()
	root.SetArgs(args)
	return cli.Report(err, runner.Program, a.lang.Lang, root.ExecuteContext(ctx))
}

// say picks the sentence of the reader's language.
func (a *app) say(fr, en string) string {
	return scanner.Text{FR: fr, EN: en}.Typeset().In(a.lang.Lang)
}

// warn tells of a problem that did not stop what was asked.
func (a *app) warn(p *cli.Problem) { cli.Warn(a.err, runner.Program, a.lang.Lang, p) }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use: runner.Program,
		Short: a.say("Évalue la cybersécurité d'un établissement de santé, sans rien casser ni rien deviner",
			"Assesses the cybersecurity of a health establishment, breaking and guessing nothing"),
	}
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetIn(a.in)
	flags := root.PersistentFlags()
	flags.StringVar(&a.configFile, "config", "", a.say("fichier de configuration (agent.yaml par défaut)", "configuration file (default agent.yaml)"))
	flags.Var(&a.lang, "lang", a.say("langue de ce qui s'affiche", "language of what is shown"))
	flags.BoolVar(&a.quiet, "quiet", false, a.say("ne montrer aucune progression", "show no progress"))
	root.AddCommand(
		a.beginning(), a.scan(), a.run(), a.enrol(), a.renew(), a.resend(), a.plan(), a.report(), a.judge(), a.verify(),
		a.checks(), a.profiles(), a.doctor(), cli.Version(runner.Program, a.lang.Lang),
	)
	cli.Describe(root, a.lang.Lang)
	return root
}

// configFolders are where agent.yaml is looked for, in order.
var configFolders = []string{".", "/etc/carescan"}

// configuration reads the file asked for, or the first found, or none.
func (a *app) configuration() (config.Config, error) {
	file := a.configFile
	if file == "" {
		file = findConfig()
	}
	if file == "" {
		return withoutFile()
	}
	c, err := config.Load(file, sources.Sections())
	if err != nil {
		return c, badConfig(err)
	}
	warnings, faults := c.Validate()
	if len(faults) > 0 {
		return c, badConfig(faults)
	}
	for _, warning := range warnings {
		a.warn(&cli.Problem{
			Sentence: scanner.Text{FR: warning.Sentence(scanner.French), EN: warning.Sentence(scanner.English)}, Hint: warning.Hint,
		})
	}
	return c, nil
}

func findConfig() string {
	for _, folder := range configFolders {
		file := filepath.Join(folder, agentFile)
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return ""
}

// withoutFile keeps the state of an agent without configuration out of the
// folder where the command happens to be typed.
func withoutFile() (config.Config, error) {
	c := config.Default(sources.Sections())
	if os.Getenv("CARESCAN_STATE") != "" {
		c.State = os.Getenv("CARESCAN_STATE")
		return c, nil
	}
	home, err := os.UserConfigDir()
	if err != nil {
		return c, badConfig(err)
	}
	c.State = filepath.Join(home, "carescan", "state")
	return c, nil
}

func badConfig(cause error) error {
	hint := scanner.Text{
		FR: "corrigez la clé nommée ci-dessus ; docs/agent.example.yaml montre toutes les clés",
		EN: "correct the key named above; docs/agent.example.yaml shows every key",
	}
	if _, ok := errors.AsType[settings.Faults](cause); ok {
		hint = scanner.Text{FR: "docs/configuration.fr.md explique toutes les clés", EN: "docs/configuration.md explains every key"} // each fault has its own
		if scanner.CauseOf(cause).Code == scanner.CauseFileMissing {
			hint = scanner.Text{FR: "« carescan-agent init » écrit un fichier minimal", EN: "carescan-agent init writes a minimal file"}
		}
	}
	return &cli.Problem{
		Sentence: scanner.Text{FR: "la configuration n'est pas utilisable", EN: "the configuration cannot be used"},
		Hint:     hint, Cause: cause,
	}
}

func oneOf(value string, known []string, what scanner.Text) error {
	if slices.Contains(known, value) {
		return nil
	}
	return &cli.Problem{
		Sentence: scanner.Text{FR: what.FR + " inconnu : " + value, EN: "unknown " + what.EN + ": " + value},
		Hint:     scanner.Text{FR: "valeurs possibles : " + strings.Join(known, ", "), EN: "known values: " + strings.Join(known, ", ")},
	}
}
