// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func TestClaimIsOfOneProgram(t *testing.T) {
	folder := t.TempDir()
	release, err := Claim(folder)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Claim(folder)
	problem, ok := errors.AsType[*Problem](err)
	if !ok || !strings.Contains(problem.Sentence.FR, strconv.Itoa(os.Getpid())) {
		t.Errorf("a second Claim = %v, want a sentence that names the process", err)
	}
	release()
	again, err := Claim(folder)
	if err != nil {
		t.Fatalf("Claim after the other went = %v", err)
	}
	again()
	if _, err := Claim(filepath.Join(folder, "missing")); err == nil {
		t.Error("a folder that is not there was claimed")
	}
}

func TestCheckRights(t *testing.T) {
	for name, c := range map[string]struct {
		mode, others fs.FileMode
		mend         string // empty when the rights are good
	}{
		"private":           {0o600, SharedAny, ""},
		"read-only":         {0o400, SharedAny, ""},
		"group-reads":       {0o640, SharedAny, "chmod 0600 "},
		"all-read":          {0o644, SharedAny, "chmod 0600 "},
		"folder-seen":       {0o755, SharedWrite, ""},
		"group-writes":      {0o770, SharedWrite, "chmod 0700 "},
		"folder-of-anybody": {0o777, SharedWrite, "chmod 0700 "},
	} {
		if runtime.GOOS == "windows" {
			c.mend = "" // a mode says nothing of rights there, and nothing is refused for it
		}
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kept")
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			err := CheckRights(path, c.others)
			problem, refused := errors.AsType[*Problem](err)
			if refused != (c.mend != "") || refused && !strings.HasPrefix(problem.Hint.FR, c.mend+path) {
				t.Errorf("CheckRights(%04o) = %v", c.mode, err)
			}
		})
	}
	if err := CheckRights(filepath.Join(t.TempDir(), "missing"), SharedAny); err != nil {
		t.Errorf("what is not there was refused: %v", err)
	}
}
