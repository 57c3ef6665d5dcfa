// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"carescan/cmd/internal/cli"
)

func TestKeysAreMadeOnce(t *testing.T) {
	folder := t.TempDir()
	first, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Key.Equal(second.Key) || first.Pseudonyms.Of("ad", "x") != second.Pseudonyms.Of("ad", "x") {
		t.Error("an agent must stay itself")
	}
	for _, name := range []string{"key.pem", "pseudonym.key"} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v, want it readable by its owner only", name, info.Mode(), err)
		}
	}
}

func TestPseudonymsDifferBetweenAgents(t *testing.T) {
	a, errA := Open(t.TempDir())
	b, errB := Open(t.TempDir())
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if a.Pseudonyms.Of("ad", "x") == b.Pseudonyms.Of("ad", "x") {
		t.Error("two establishments must not share pseudonyms")
	}
}

func TestDamagedKeyIsNamed(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "key.pem"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder); err == nil {
		t.Error("a damaged key must be refused, never replaced")
	}
}

func TestNotEnrolled(t *testing.T) {
	id, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := id.Enrolment(); !errors.Is(err, ErrNotEnrolled) {
		t.Errorf("Enrolment = %v, want ErrNotEnrolled", err)
	}
}

func TestStateOfOthersIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		mode fs.FileMode
		mend string // empty when it is accepted
	}{
		"key-read":          {keyFile, 0o640, "chmod 0600 "},
		"pseudonyms-read":   {pseudonymFile, 0o604, "chmod 0600 "},
		"enrolment-written": {"enrolment.json", 0o622, "chmod 0600 "},
		"enrolment-read":    {"enrolment.json", 0o644, ""},
		"folder-written":    {".", 0o730, "chmod 0700 "},
		"folder-listed":     {".", 0o755, ""},
	} {
		if runtime.GOOS == "windows" {
			c.mend = "" // a mode says nothing of rights there, and nothing is refused for it
		}
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "state")
			id, err := Open(folder)
			if err != nil {
				t.Fatal(err)
			}
			if err := id.Keep(Enrolment{URL: "https://aggregator.test"}); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(filepath.Join(folder, c.file), c.mode); err != nil {
				t.Fatal(err)
			}
			_, err = Open(folder)
			problem, refused := errors.AsType[*cli.Problem](err)
			if refused != (c.mend != "") || refused && !strings.HasPrefix(problem.Hint.FR, c.mend+filepath.Join(folder, c.file)) {
				t.Errorf("Open = %v", err)
			}
		})
	}
}
