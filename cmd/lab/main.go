// SPDX-License-Identifier: Apache-2.0

// Command carescan-lab plays a synthetic hospital on this machine, to try
// everything against. It is never installed in a real one.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

const program = "carescan-lab"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	l := &lab{out: os.Stdout, lang: cli.LanguageOf(os.Args[1:])}
	code := cli.Report(os.Stderr, program, l.lang.Lang, l.root().ExecuteContext(ctx))
	stop()
	os.Exit(code)
}

// lab is one invocation of the program.
type lab struct {
	out    io.Writer
	lang   cli.Language
	folder string // of the configuration and the files
}

// say picks the sentence of the reader's language.
func (l *lab) say(fr, en string) string { return scanner.Text{FR: fr, EN: en}.In(l.lang.Lang) }

func (l *lab) root() *cobra.Command {
	root := &cobra.Command{
		Use: program, Args: cobra.NoArgs,
		Short: l.say("Joue un hôpital fictif sur cette machine, pour tout essayer", "Plays a synthetic hospital on this machine, to try everything"),
		RunE:  func(command *cobra.Command, _ []string) error { return l.play(command.Context().Done()) },
	}
	root.SetOut(l.out)
	root.PersistentFlags().Var(&l.lang, "lang", l.say("langue de ce qui s'affiche", "language of what is shown"))
	root.Flags().StringVar(&l.folder, "folder", "lab", l.say("dossier où écrire la configuration et les fichiers", "folder for the configuration and the files"))
	root.AddCommand(cli.Version(program, l.lang.Lang))
	cli.Describe(root, l.lang.Lang)
	return root
}
