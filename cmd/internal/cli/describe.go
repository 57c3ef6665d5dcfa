// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
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
	root.SetUsageFunc(func(c *cobra.Command) error {
		_, err := io.WriteString(c.OutOrStderr(), usage(c, l))
		return err
	})
	root.SetFlagErrorFunc(misunderstood)
	// Known before arguments are split, or --help would swallow the next word.
	root.PersistentFlags().BoolP("help", "h", false, scanner.Text{FR: "montrer cette aide", EN: "show this help"}.In(l))
}

// usage says how a command is called. What the library words in English has
// another word in French.
func usage(c *cobra.Command, l scanner.Lang) string {
	theirs := strings.NewReplacer()
	if l == scanner.French {
		theirs = strings.NewReplacer("[flags]", "[options]", "(default ", scanner.Typeset(l, "(par défaut : "))
	}
	var b strings.Builder
	section := func(title scanner.Text, lines string) {
		if lines != "" {
			fmt.Fprintf(&b, "\n%s\n%s\n", title.Typeset().In(l), strings.TrimRight(theirs.Replace(lines), "\n"))
		}
	}
	b.WriteString(scanner.Text{FR: "Utilisation :", EN: "Usage:"}.Typeset().In(l) + "\n")
	if c.Runnable() {
		fmt.Fprintf(&b, "  %s\n", theirs.Replace(c.UseLine()))
	}
	var commands strings.Builder
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			fmt.Fprintf(&commands, "  %-*s %s\n", below.NamePadding(), below.Name(), below.Short)
		}
	}
	if commands.Len() > 0 {
		fmt.Fprintf(&b, "  %s …\n", c.CommandPath())
	}
	section(scanner.Text{FR: "Commandes :", EN: "Commands:"}, commands.String())
	section(scanner.Text{FR: "Options :", EN: "Flags:"}, c.LocalFlags().FlagUsages())
	section(scanner.Text{FR: "Options générales :", EN: "General flags:"}, c.InheritedFlags().FlagUsages())
	return b.String()
}

func misunderstood(command *cobra.Command, cause error) error {
	return &Problem{
		Sentence: scanner.Text{FR: "la commande n'est pas comprise", EN: "the command is not understood"},
		Hint:     scanner.Text{FR: "voir « " + command.CommandPath() + " --help »", EN: "see " + command.CommandPath() + " --help"},
		Cause:    cause,
	}
}
