// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/settings"
)

func TestProgramIsRefused(t *testing.T) {
	folder := t.TempDir()
	altered := filepath.Join(folder, "altered")
	if err := os.WriteFile(altered, []byte("another program"), 0o700); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		program  Program
		observed bool // found out by starting it only
		cause    scanner.CauseCode
		want     string
	}{
		"absent":         {Program{Path: filepath.Join(folder, "none"), SHA256: ownHash()}, false, scanner.CauseNoProgram, "le programme carescan-templates est absent"},
		"altered":        {Program{Path: altered, SHA256: ownHash()}, false, scanner.CauseProgramRefused, "carescan-templates n'est pas le programme attendu\u00a0: son empreinte est "},
		"unknown-hash":   {Program{Path: exe}, false, scanner.CauseProgramRefused, "cet agent ne sait pas à quelle empreinte reconnaître carescan-templates"},
		"folder":         {Program{Path: folder, SHA256: ownHash()}, false, scanner.CauseProgramShut, "le programme carescan-templates ne peut pas être lu ou démarré"},
		"other-protocol": {Program{Path: exe, SHA256: ownHash(), Args: []string{"stranger"}}, true, scanner.CauseProgramRefused, "carescan-templates est d'une autre version que cet agent"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := New(Options{Program: test.program})
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Observe(t.Context(), closedNetwork{}, siteTarget)
			faults, ok := errors.AsType[settings.Faults](err)
			if !ok || len(faults) != 1 {
				t.Fatalf("error %v, want one fault", err)
			}
			if fault := faults[0]; !strings.HasPrefix(fault.What.FR, test.want) || fault.What.EN == "" || fault.Hint.FR == "" || fault.Hint.EN == "" {
				t.Errorf("said %+v, want what begins %q, and a hint", fault, test.want)
			}
			if cause := scanner.CauseOf(err); cause.Code != test.cause {
				t.Errorf("cause %s, want %s", cause.Code, test.cause)
			}
			if err := test.program.Verify(); (err == nil) != test.observed {
				t.Errorf("Verify says %v", err)
			}
		})
	}
}

// copyOfSelf is this test binary under another name.
func copyOfSelf(t *testing.T, mode os.FileMode) (path string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(exe)
	path = filepath.Join(t.TempDir(), ProgramName)
	if err == nil {
		err = os.WriteFile(path, raw, mode)
	}
	if err == nil {
		err = os.Chmod(path, mode)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A program that others may rewrite is copied first; one that is safe is
// executed where it is. Both work, until they change.
func TestProgramIsReadBeforeEachStart(t *testing.T) {
	for name, mode := range map[string]os.FileMode{"safe": 0o755, "writable-by-others": 0o777} {
		t.Run(name, func(t *testing.T) {
			program := Program{Path: copyOfSelf(t, mode), SHA256: strings.ToUpper(ownHash()), Args: []string{"half"}}
			p, err := New(Options{Program: program})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				seen, _ := observe(t, t.Context(), p, closedNetwork{})
				if diff := cmp.Diff("the worker failed: exit status 3", seen.Error); diff != "" {
					t.Errorf("error (-want +got):\n%s", diff)
				}
			}
			changed, err := os.OpenFile(program.Path, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := changed.WriteString("x"); err != nil {
				t.Fatal(err)
			}
			if err := changed.Close(); err != nil {
				t.Fatal(err)
			}
			_, err = p.Observe(t.Context(), closedNetwork{}, siteTarget)
			if _, ok := errors.AsType[settings.Faults](err); !ok {
				t.Errorf("a changed program was started: %v", err)
			}
		})
	}
}
