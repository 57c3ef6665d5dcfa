// SPDX-License-Identifier: Apache-2.0

package netlab

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// held tells this test binary, started again, to hold a lab until it is interrupted.
const held = "CARESCAN_NETLAB_HELD"

// TestInterruptedLabLeavesNothing interrupts a test in whose world a program runs.
func TestInterruptedLabLeavesNothing(t *testing.T) {
	if os.Getenv(held) != "" {
		hold(t)
		return
	}
	New(t) // where none can be made, it skips with the reason
	test := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInterruptedLabLeavesNothing$")
	test.Env = append(os.Environ(), held+"=1")
	out, err := test.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := test.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	said.Scan()
	var pid, scanner, world string
	if n, err := fmt.Sscanf(said.Text(), "%s %s %s", &pid, &scanner, &world); n != 3 {
		t.Fatalf("no lab was made, on a machine that makes them: %q, %v", said.Text(), err)
	}
	if err := test.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = test.Wait() // it was told to end
	for _, path := range []string{"/proc/" + pid, "/run/netns/" + scanner, "/run/netns/" + world} {
		if status, err := os.ReadFile(path + "/status"); err == nil && strings.Contains(string(status), "State:\tZ") {
			continue // ended, and nobody has asked how
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
}

func hold(t *testing.T) {
	t.Helper()
	l := New(t)
	program := l.WorldCommand(t.Context(), "sleep", "300")
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Println(program.Process.Pid, l.scanner, l.world)
	_ = program.Wait() // until the test is interrupted
	select {}
}
