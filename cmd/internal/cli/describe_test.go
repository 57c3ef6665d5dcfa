// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"carescan/scanner"
)

// TestMistyped holds that a word nobody has a use for is refused in the reader's
// language, with what was meant, and that a command alone tells of itself.
func TestMistyped(t *testing.T) {
	for name, test := range map[string]struct {
		args string
		code int
		want string // of what is shown
	}{
		"group-alone":      {"checks", ExitOK, "prog checks …\n"},
		"group-help":       {"checks --help", ExitOK, "prog checks …\n"},
		"root-alone":       {"", ExitOK, "prog …\n"},
		"unknown-below":    {"checks foo", ExitUnusable, "prog: erreur: «\u00a0foo\u00a0» n'est pas une commande de «\u00a0prog checks\u00a0»\nprog: conseil: les commandes sont\u00a0: list, show\n"},
		"nearest-below":    {"checks lits", ExitUnusable, "prog: conseil: vouliez-vous dire «\u00a0prog checks list\u00a0»\u00a0?\n"},
		"nearest":          {"chekcs list", ExitUnusable, "prog: conseil: vouliez-vous dire «\u00a0prog checks\u00a0»\u00a0?\n"},
		"unknown-english":  {"checks foo --lang en", ExitUnusable, "prog: error: \"foo\" is no command of \"prog checks\"\nprog: hint: the commands are: list, show\n"},
		"word-missing":     {"checks show", ExitUnusable, "prog: erreur: il manque quelque chose après «\u00a0prog checks show\u00a0»\nprog: conseil: la commande s'écrit\u00a0: prog checks show ID [options]\n"},
		"word-too-much":    {"checks list b", ExitUnusable, "prog: erreur: «\u00a0b\u00a0» est de trop après «\u00a0prog checks list\u00a0»\n"},
		"too-much-english": {"checks list b --lang en", ExitUnusable, "prog: error: \"b\" is too much after \"prog checks list\"\nprog: hint: the command is written: prog checks list [flags]\n"},
		"unknown-flag":     {"checks --colour", ExitUnusable, "prog: erreur: la commande n'est pas comprise\n"},
	} {
		t.Run(name, func(t *testing.T) {
			args := strings.Fields(test.args)
			lang := Language{scanner.French}
			if strings.Contains(test.args, "--lang en") {
				lang = Language{scanner.English}
			}
			nothing := func(*cobra.Command, []string) error { return nil }
			root, checks := &cobra.Command{Use: "prog"}, &cobra.Command{Use: "checks"}
			checks.AddCommand(
				&cobra.Command{Use: "list", Args: cobra.NoArgs, RunE: nothing},
				&cobra.Command{Use: "show ID", Args: cobra.ExactArgs(1), RunE: nothing})
			root.AddCommand(checks)
			root.PersistentFlags().Var(&lang, "lang", "language")
			var said bytes.Buffer
			root.SetOut(&said)
			root.SetErr(&said)
			root.SetArgs(args)
			Describe(root, lang.Lang)
			if code := Report(&said, "prog", lang.Lang, root.Execute()); code != test.code || !strings.Contains(said.String(), test.want) {
				t.Errorf("exit code %d, want %d and %q in:\n%s", code, test.code, test.want, said.String())
			}
			if strings.Contains(said.String(), "unknown command") || strings.Contains(said.String(), "arg(s)") {
				t.Errorf("the words of the library are shown:\n%s", said.String())
			}
		})
	}
}
