// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		want     string
	}{
		"absent":         {Program{Path: filepath.Join(folder, "none"), SHA256: ownHash()}, false, "le programme carescan-templates est absent"},
		"altered":        {Program{Path: altered, SHA256: ownHash()}, false, "carescan-templates n'est pas le programme attendu : son empreinte diffère, il n'est pas démarré"},
		"unknown-hash":   {Program{Path: exe}, false, "cet agent ne sait pas à quelle empreinte reconnaître carescan-templates"},
		"folder":         {Program{Path: folder, SHA256: ownHash()}, false, "le programme carescan-templates ne peut pas être lu ou démarré"},
		"other-protocol": {Program{Path: exe, SHA256: ownHash(), Args: []string{"stranger"}}, true, "carescan-templates est d'une autre version que cet agent"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := New(Options{Program: test.program})
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Observe(t.Context(), closedNetwork{}, siteTarget)
			unusable, ok := errors.AsType[*Unusable](err)
			if !ok {
				t.Fatalf("error %v, want an Unusable", err)
			}
			if diff := cmp.Diff(test.want, unusable.Sentence.FR); diff != "" {
				t.Errorf("sentence (-want +got):\n%s", diff)
			}
			if unusable.Sentence.EN == "" || unusable.Hint.FR == "" || unusable.Hint.EN == "" || !strings.Contains(err.Error(), unusable.Hint.EN) {
				t.Errorf("something is left unsaid: %+v", unusable)
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
			if unusable, ok := errors.AsType[*Unusable](err); !ok || unusable.Sentence.EN == "" {
				t.Errorf("a changed program was started: %v", err)
			}
		})
	}
}
