// SPDX-License-Identifier: Apache-2.0

// Package command is what a person types: one file per command of the
// aggregator.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/config"
	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

const program = "carescan-aggregator"

// app is one invocation of the command.
type app struct {
	out, err io.Writer
	log      *slog.Logger
	lang     cli.Language
}

// Main runs the command and returns its exit code.
func Main(args []string, out, err io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, args, out, err)
}

func run(ctx context.Context, args []string, out, err io.Writer) int {
	a := &app{out: out, err: err, log: slog.New(slog.NewJSONHandler(err, nil)), lang: cli.LanguageOf(args)}
	root := a.root() //nolint:contextcheck // commands get theirs from ExecuteContext
	root.SetArgs(args)
	return cli.Report(err, program, a.lang.Lang, root.ExecuteContext(ctx))
}

// say picks the sentence of the reader's language.
func (a *app) say(fr, en string) string {
	return scanner.Text{FR: fr, EN: en}.Typeset().In(a.lang.Lang)
}

// tell writes a sentence to the person.
func (a *app) tell(fr, en string, args ...any) { fmt.Fprintf(a.out, a.say(fr, en)+"\n", args...) }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use: program,
		Short: a.say("Reçoit, conserve et montre ce que voient les agents d'une région",
			"Receives, keeps and shows what the agents of a region see"),
	}
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.PersistentFlags().Var(&a.lang, "lang", a.say("langue des messages", "language of the messages"))
	config.Flags(root.PersistentFlags(), a.lang.Lang)
	root.AddCommand(a.init(), a.serve(), a.worker(), a.establishment(), a.enrolToken(), a.agent(), a.user(),
		a.rebuild(), a.rejudge(), a.migrate(), a.backup(), a.restore(), a.doctor(), a.verify(), cli.Version(program, a.lang.Lang))
	cli.Describe(root, a.lang.Lang)
	return root
}

// inRegion makes the body of a command that works on an opened region.
func (a *app) inRegion(do func(ctx context.Context, r *region) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		settings, err := config.Load(c.Flags())
		if err != nil {
			return badSettings(err)
		}
		return a.within(c.Context(), settings, do)
	}
}

// within opens a region for a function.
func (a *app) within(ctx context.Context, c config.Config, do func(ctx context.Context, r *region) error) error {
	r, err := openRegion(ctx, c)
	if err != nil {
		return err
	}
	if err := a.catchUp(ctx, r); err != nil {
		return r.close(badFolder(err))
	}
	return r.close(do(ctx, r))
}

// catchUp derives the projections again that an upgrade of the schema emptied, and logs
// what was there before there was a log. It says so: of a whole region it may take minutes.
func (a *app) catchUp(ctx context.Context, r *region) error {
	needed, err := r.store.NeedsRebuild(ctx)
	if err != nil {
		return err
	}
	if needed {
		if err := a.deriveAgain(ctx, r); err != nil {
			return err
		}
	}
	n, err := r.store.BeginLog(ctx)
	if err == nil && n > 0 {
		fmt.Fprintf(a.err, a.say("Le journal de preuves commence : %d dossiers et entrées d'audit déjà là y sont inscrits.\n",
			"The evidence log begins: %d bundles and audit entries that were there are written to it.\n"), n)
	}
	return err
}

func (a *app) deriveAgain(ctx context.Context, r *region) error {
	fmt.Fprintln(a.err, a.say("Mise à jour de la région : les constats sont recalculés à partir des dossiers scellés, ce qui peut prendre quelques minutes…",
		"Upgrading the region: findings are derived again from the sealed bundles, which may take some minutes…"))
	n, err := ingest.Rebuild(ctx, r.store, r.judge)
	if err == nil {
		fmt.Fprintf(a.err, a.say("Dossiers relus : %d\n", "Bundles read: %d\n"), n)
	}
	return err
}

// badSettings says that settings are refused; what has its own words keeps them.
func badSettings(err error) error {
	if problem, ok := errors.AsType[*cli.Problem](err); ok {
		return problem
	}
	return &cli.Problem{
		Sentence: scanner.Text{FR: "les réglages sont refusés", EN: "the settings are refused"},
		Hint:     scanner.Text{FR: "corrigez le fichier, la variable ou l'option nommés", EN: "correct the file, variable or flag that is named"},
		Cause:    err,
	}
}
