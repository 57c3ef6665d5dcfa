// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"carescan/scanner"
)

var update = flag.Bool("update", false, "rewrite what the stories expect")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"carescan-agent": main})
}

// TestStories plays the sessions of testdata/script, one per file. The agent of
// the stories has no carescan-templates beside it; package journey plays both.
func TestStories(t *testing.T) {
	lab := buildLab(t)
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("LANG", "fr_FR.UTF-8")
			env.Setenv("PATH", lab+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			return nil
		},
		Condition: func(name string) (bool, error) { return name == "mount" && canMount(), nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "await": await, "flip": flip, "tinydisk": tinyDisk, "day": day,
			"expand": expand, "bundle": findBundle, "samefindings": sameFindings, "outcomes": outcomes, "noise": noise,
		},
	})
}

// buildLab builds carescan-lab, the hospital of the stories, and returns its
// folder.
func buildLab(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(folder, "carescan-lab"), "carescan/cmd/lab")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the lab: %v\n%s", err, out)
	}
	return folder
}

// exits runs a command and checks its exit code: exits 2 carescan-agent scan.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(ts.Exec(args[1], args[2:]...), &exit) {
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("%v: exit code %d, want %d", args[1:], code, want)
	}
}

// await waits for a file that a background command writes.
func await(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s did not come", args[0])
}

// flip changes one bit in the middle of a file.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	raw, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	raw[len(raw)/2] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), raw, 0o600))
}

// day sets a variable to a date some days away: day TOMORROW 1.
func day(ts *testscript.TestScript, _ bool, args []string) {
	days, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Setenv(args[0], time.Now().AddDate(0, 0, days).Format(time.DateOnly))
}

// expand writes attestations dated as given: expand attestations.yaml 2026-01-01.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.ReplaceAll(ts.ReadFile("template.yaml"), "DATE", args[1])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// findBundle sets a variable to the sealed bundle of a folder.
func findBundle(ts *testscript.TestScript, _ bool, args []string) {
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*.carescan"))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%d bundles in %s, want one", len(found), args[0])
	}
	ts.Setenv(args[1], found[0])
}

// outcomes checks how every finding of a family ended and why:
// outcomes report.json exposure. inconclusive wrong-vantage.
func outcomes(ts *testscript.TestScript, _ bool, args []string) {
	var report struct {
		Run struct{ Findings []scanner.Finding } `json:"run"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &report))
	seen := 0
	for _, f := range report.Run.Findings {
		if !strings.HasPrefix(f.Check, args[1]) {
			continue
		}
		if seen++; string(f.Outcome) != args[2] || f.Reason != args[3] {
			ts.Fatalf("%s of %s is %s (%s), want %s (%s)", f.Check, f.Target.ID, f.Outcome, f.Reason, args[2], args[3])
		}
	}
	if seen == 0 {
		ts.Fatalf("%s has no finding of %s", args[0], args[1])
	}
}

// sameFindings compares the findings of two JSON reports.
func sameFindings(ts *testscript.TestScript, _ bool, args []string) {
	var lists [2]struct {
		Run struct {
			Findings []scanner.Finding       `json:"findings"`
			Controls []scanner.ControlResult `json:"controls"`
		} `json:"run"`
	}
	for i, file := range args {
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &lists[i]))
	}
	if diff := cmp.Diff(lists[0], lists[1]); diff != "" || len(lists[0].Run.Findings) == 0 {
		ts.Fatalf("findings differ (-%s +%s) or are none:\n%s", args[0], args[1], diff)
	}
}

// tinyDisk mounts a file system of a few kilobytes, to be filled.
func tinyDisk(ts *testscript.TestScript, _ bool, args []string) {
	folder := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(folder, 0o700))
	ts.Check(ts.Exec("mount", "-t", "tmpfs", "-o", "mode=0700,size="+args[1], "tmpfs", folder))
	ts.Defer(func() { _ = ts.Exec("umount", folder) })
}

// canMount tells whether this machine lets the test mount: root on Linux, with
// the capability.
func canMount() bool {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		return false
	}
	folder, err := os.MkdirTemp("", "carescan-mount-")
	if err != nil {
		return false
	}
	defer os.RemoveAll(folder)
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=64k"); err != nil {
		return false
	}
	return syscall.Unmount(folder, 0) == nil
}
