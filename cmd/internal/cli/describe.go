// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"carescan/scanner"
	"carescan/scanner/settings"
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

// Describe makes a program tell of itself, and of what is mistyped, in a language. It
// comes once all its commands were added.
func Describe(root *cobra.Command, l scanner.Lang) {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	root.SetUsageFunc(func(c *cobra.Command) error {
		_, err := io.WriteString(c.OutOrStderr(), usage(c, l))
		return err
	})
	root.SetFlagErrorFunc(misunderstood)
	demand(root)
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
	if c.Runnable() && c.Annotations[group] == "" {
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

// group marks a command that is only the sum of those below it: alone, it tells of
// them.
const group = "group"

// demand makes every command refuse words it has no use for, in both languages. The
// library would show the help of a group, as if all were well.
func demand(c *cobra.Command) {
	for _, below := range c.Commands() {
		demand(below)
	}
	if c.HasSubCommands() && !c.Runnable() {
		c.Annotations = map[string]string{group: "yes"}
		c.Args, c.RunE = cobra.NoArgs, func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	wanted := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		switch {
		case wanted == nil || wanted(c, args) == nil:
			return nil
		case len(args) == 0:
			return &Problem{
				Sentence: settings.Say("il manque quelque chose après « %s »", `something is missing after "%s"`, c.CommandPath()),
				Hint:     written(c),
			}
		case c.HasAvailableSubCommands():
			return unknownCommand(c, args[0])
		}
		return &Problem{
			Sentence: settings.Say("%s est de trop après « %s »", `%s is too much after "%s"`, settings.Quoted(args[len(args)-1]), c.CommandPath()),
			Hint:     written(c),
		}
	}
}

func written(c *cobra.Command) scanner.Text {
	line := c.UseLine()
	return settings.Say("la commande s'écrit : %s", "the command is written: %s", scanner.Text{FR: strings.ReplaceAll(line, "[flags]", "[options]"), EN: line})
}

// unknownCommand names the command that was most likely meant, or all of them.
func unknownCommand(c *cobra.Command, word string) error {
	var known []string
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			known = append(known, below.Name())
		}
	}
	list := strings.Join(known, ", ")
	hint := settings.Say("les commandes sont : %s", "the commands are: %s", list)
	if meant := settings.Nearest(word, known); meant != "" {
		hint = settings.Say("vouliez-vous dire « %s %s » ?", `did you mean "%s %s"?`, c.CommandPath(), meant)
	}
	return &Problem{
		Sentence: settings.Say("%s n'est pas une commande de « %s »", `%s is no command of "%s"`, settings.Quoted(word), c.CommandPath()),
		Hint:     hint,
	}
}

func misunderstood(command *cobra.Command, cause error) error {
	return &Problem{
		Sentence: scanner.Text{FR: "la commande n'est pas comprise", EN: "the command is not understood"},
		Hint:     scanner.Text{FR: "voir « " + command.CommandPath() + " --help »", EN: "see " + command.CommandPath() + " --help"},
		Cause:    cause,
	}
}
