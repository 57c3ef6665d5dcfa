// SPDX-License-Identifier: Apache-2.0

// Command carescan-templates is the program in which the template engine works,
// and the only one that links it. carescan-agent starts it for a batch, with an
// environment and a folder of its own, and ends it; a person has nothing to ask
// it but its version.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"carescan/cmd/internal/cli"
	"carescan/cmd/templates/internal/elsewhere"
	"carescan/scanner"
	"carescan/scanner/probes/nuclei"
	"carescan/scanner/probes/nuclei/worker"
)

func main() {
	elsewhere.Back()
	lang := cli.LanguageOf(os.Args[1:])
	os.Exit(cli.Report(os.Stderr, nuclei.ProgramName, lang.Lang, root(lang).Execute()))
}

func root(lang cli.Language) *cobra.Command {
	say := func(fr, en string) string { return scanner.Text{FR: fr, EN: en}.In(lang.Lang) }
	root := &cobra.Command{
		Use:   nuclei.ProgramName,
		Short: say("Reconnaît des applications pour carescan-agent, qui le démarre", "Recognises applications for carescan-agent, which starts it"),
	}
	root.PersistentFlags().Var(&lang, "lang", say("langue de ce qui s'affiche", "language of what is shown"))
	root.AddCommand(cli.Version(nuclei.ProgramName, lang.Lang), &cobra.Command{
		Use: nuclei.Work, Args: cobra.NoArgs,
		Short: say("Suit le plan reçu sur l'entrée standard, puis s'arrête", "Follow the plan given on standard input, then end"),
		RunE:  func(*cobra.Command, []string) error { return cli.Exit(worker.Run(os.Stdin, os.Stdout)) },
	})
	cli.Describe(root, lang.Lang)
	return root
}
