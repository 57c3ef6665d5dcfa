// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clock is one that programs read beside the machine's: the test moves it. Without the
// flag -clock nothing reads it, and it does not move.
type clock struct {
	file *os.File
	// passed is the time that has passed for good, jumped what is to be put right.
	passed, jumped time.Duration
}

func newClock(t *testing.T) *clock {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "clock-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	c := &clock{file: file}
	c.set()
	return c
}

func (c *clock) set() {
	_, _ = c.file.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64((c.passed+c.jumped)/time.Second)), 0) // a file in memory
}

// jump moves the clock away from the time; right moves it back.
func (c *clock) jump(by time.Duration) { c.jumped = by; c.set() }

func (c *clock) right() {
	if c.jumped != 0 {
		c.jump(0)
	}
}

// pass lets time pass for good.
func (c *clock) pass(d time.Duration) { c.passed += d; c.set() }

// now is the right time of whoever reads the clock.
func (c *clock) now() time.Time { return time.Now().Add(c.passed) }

func (c *clock) environment() []string {
	return append(os.Environ(), "CARESCAN_CHAOS_CLOCK="+c.file.Name())
}

// clockOverlay describes to "go build" a standard library whose time.Now adds what a
// shared page says. The code of the product is what it is everywhere; a clock of the
// machine is nobody's to move in a test, and a program of Go has no library to preload.
func clockOverlay(t *testing.T) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	raw, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	const reads = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	if strings.Count(string(raw), reads) != 1 {
		t.Fatalf("%s reads the clock in another way than this test knows", original)
	}
	moved := filepath.Join(programs.folder, "time.go")
	if err := os.WriteFile(moved, []byte(strings.Replace(string(raw), reads, reads+"\tsec += jump()\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	jump, err := filepath.Abs(filepath.Join("testdata", "jump.go"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{
		original: moved, filepath.Join(filepath.Dir(original), "jump.go"): jump,
	}})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(programs.folder, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}
