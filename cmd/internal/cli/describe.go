// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"carescan/scanner"
)

// LanguageOf finds the language in the arguments, before the commands are
// described in it.
func LanguageOf(args []string) Language {
	lang := DefaultLanguage()
	for i, arg := range args {
		value, ok := strings.CutPrefix(arg, "--lang=")
		if arg == "--lang" && i+1 < len(args) {
			value, ok = args[i+1], true
		}
		if ok {
			_ = lang.Set(value) // the flag itself will refuse a wrong value
		}
	}
	return lang
}

// Describe makes a command tell of itself and of mistyped flags in a language.
func Describe(root *cobra.Command, l scanner.Lang) {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	root.SetUsageTemplate(usage(l))
	root.SetFlagErrorFunc(misunderstood)
	root.InitDefaultHelpFlag() // before arguments are split, or --help would swallow the next word
}

func usage(l scanner.Lang) string {
	words := strings.NewReplacer(
		"[usage]", scanner.Text{FR: "Utilisation :", EN: "Usage:"}.In(l),
		"[commands]", scanner.Text{FR: "Commandes :", EN: "Commands:"}.In(l),
		"[flags]", scanner.Text{FR: "Options :", EN: "Flags:"}.In(l),
		"[general]", scanner.Text{FR: "Options générales :", EN: "General flags:"}.In(l),
	)
	return words.Replace(usageTemplate)
}

const usageTemplate = `[usage]{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} …

[commands]{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

[flags]
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

[general]
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
`

func misunderstood(command *cobra.Command, cause error) error {
	return &Problem{
		Sentence: scanner.Text{FR: "la commande n'est pas comprise", EN: "the command is not understood"},
		Hint:     scanner.Text{FR: "voir « " + command.CommandPath() + " --help »", EN: "see " + command.CommandPath() + " --help"},
		Cause:    cause,
	}
}
