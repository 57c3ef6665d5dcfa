// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// TestEveryGroupRefusesOtherWords: help and success would hide a slip from a script.
func TestEveryGroupRefusesOtherWords(t *testing.T) {
	a := &app{out: io.Discard, err: io.Discard, lang: cli.Language{Lang: scanner.French}}
	groups := []string{""}
	for _, c := range a.root().Commands() {
		if c.HasSubCommands() {
			groups = append(groups, c.Name())
		}
	}
	if len(groups) != 5 {
		t.Errorf("groups %q, want the program, agent, establishment, enrol-token and user", groups)
	}
	for _, group := range groups {
		t.Run("group-"+group, func(t *testing.T) {
			var said bytes.Buffer
			code := run(t.Context(), append(strings.Fields(group), "foo", "--lang=fr"), io.Discard, &said)
			if code != cli.ExitUnusable || !strings.Contains(said.String(), "«\u00a0foo\u00a0» n'est pas une commande de «\u00a0"+strings.TrimSpace("carescan-aggregator "+group)+"\u00a0»") {
				t.Errorf("exit code %d, said:\n%s", code, said.String())
			}
		})
	}
}
