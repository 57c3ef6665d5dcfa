// SPDX-License-Identifier: Apache-2.0

//go:build unix

package scratch

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"testing"
	"time"
)

// TestMain plays the program that is killed: it makes a folder and waits for it.
func TestMain(m *testing.M) {
	if os.Getenv("SCRATCH_VICTIM") == "" {
		os.Exit(m.Run())
	}
	folder, _, err := New("carescan-")
	if err != nil {
		os.Exit(1)
	}
	_, _ = os.Stdout.WriteString(folder)
	_ = os.Stdout.Close()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	<-stop
}

func TestKilledStartsLeaveNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		killed := exec.CommandContext(t.Context(), program)
		killed.Env = append(os.Environ(), "SCRATCH_VICTIM=1")
		out, err := killed.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := killed.Start(); err != nil {
			t.Fatal(err)
		}
		name := make([]byte, 4096)
		n, err := out.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(string(name[:n])); err != nil {
			t.Errorf("the victim has no folder: %v", err)
		}
		if err := killed.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = killed.Wait() // it was killed
	}
	folder, remove, err := New("carescan-")
	if err != nil {
		t.Fatal(err)
	}
	want(t, folder)
	remove()
	want(t)
}

func TestSweepTouchesNothingElse(t *testing.T) {
	top := t.TempDir()
	t.Setenv("TMPDIR", top)
	living, remove, err := New("carescan-")
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	var others []string
	for _, name := range []string{"carescan-start-1", "carescan-mine", "carescan", "another-12", unborn + "12"} {
		path := filepath.Join(top, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		others = append(others, path)
	}
	forgotten := filepath.Join(top, unborn+"13")
	if err := os.Mkdir(forgotten, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(forgotten, time.Time{}, time.Now().Add(-2*unbornFor)); err != nil {
		t.Fatal(err)
	}
	second, removeSecond, err := New("carescan-")
	if err != nil {
		t.Fatal(err)
	}
	defer removeSecond()
	want(t, append(others, living, second)...)
}

// want demands exactly these in the temporary folder.
func want(t *testing.T, paths ...string) {
	t.Helper()
	found, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s is gone", path)
		}
	}
	if len(found) != len(paths) {
		t.Errorf("the temporary folder holds %v, want %v", found, paths)
	}
}
