// SPDX-License-Identifier: Apache-2.0

package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// TestTokenFileSavedByWindows reads a token as Notepad saves it and as > of
// PowerShell does, in a file as on standard input.
func TestTokenFileSavedByWindows(t *testing.T) {
	want := wire.Token{URL: "https://aggregator.test:8443", CAPin: "sha256:00", Secret: "secret"}
	word := want.Encode() + "\r\n"
	for name, saved := range map[string]string{
		"windows-lines":       word,
		"mark":                "\ufeff" + word,
		"utf-16-le":           "\xff\xfe" + strings.Join(strings.Split(word, ""), "\x00") + "\x00",
		"utf-16-be":           "\xfe\xff\x00" + strings.Join(strings.Split(word, ""), "\x00"),
		"utf-16-with-no-mark": strings.Join(strings.Split(word, ""), "\x00") + "\x00",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "token.txt")
			if err := os.WriteFile(file, []byte(saved), 0o600); err != nil {
				t.Fatal(err)
			}
			a := &app{in: strings.NewReader(saved), lang: cli.Language{Lang: scanner.English}}
			if got, err := a.token("", file); err != nil || got != want {
				t.Errorf("token of the file = %+v, %v", got, err)
			}
			if got, err := a.token("-", ""); err != nil || got != want {
				t.Errorf("token of standard input = %+v, %v", got, err)
			}
		})
	}
}
