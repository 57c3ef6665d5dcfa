// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"strings"
	"testing"

	"carescan/scanner/scannertest"
)

// TestHostileExportTakesLittleMemory: a file of the largest size costs a few times its
// size, whatever it holds.
func TestHostileExportTakesLittleMemory(t *testing.T) {
	header := "login;statut;fonction;facteur;2fa_obligatoire\n"
	for name, test := range map[string]struct{ begins, then string }{
		"rows":         {header, "a;actif;infirmier;carte;oui\n"},
		"columns":      {"", "a;"},
		"cells":        {header, "a;"},
		"quoted":       {header + `"`, "a\n"},
		"quotes":       {header, `""`},
		"formulas":     {header, `="a";`},
		"windows-1252": {header, "\xe9;"},
		"utf-16":       {"\xff\xfe", "a\x00;\x00"},
		"old-mac":      {"", "a\r"},
		"comments":     {"", "#\n"},
		"blank":        {header, "\n"},
		"one-cell":     {header, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			scannertest.WithinMemory(t, func(t *testing.T) {
				content := test.begins + strings.Repeat(test.then, (maxFile-len(test.begins))/len(test.then))
				_, _, err := observe(t, content, Config{})
				t.Logf("%.200v", err)
			})
		})
	}
}
