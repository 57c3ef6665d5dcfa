// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"

	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// TestOtherWordsAreRefused: a mistyped word must not play the hospital.
func TestOtherWordsAreRefused(t *testing.T) {
	var said bytes.Buffer
	l := &lab{out: &said, lang: cli.Language{Lang: scanner.French}}
	root := l.root()
	root.SetArgs([]string{"versoin"})
	code := cli.Report(&said, program, scanner.French, root.Execute())
	if code != cli.ExitUnusable || !strings.Contains(said.String(), "vouliez-vous dire «\u00a0carescan-lab version\u00a0»") {
		t.Errorf("exit code %d, said:\n%s", code, said.String())
	}
}
