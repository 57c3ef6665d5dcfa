// SPDX-License-Identifier: Apache-2.0

package netlab

import (
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// endOnInterrupt ends what runs in the lab, and the lab, when somebody interrupts the
// test: what its cleanups would have ended would otherwise live on.
func (l *Lab) endOnInterrupt(t testing.TB) {
	told, over := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	t.Cleanup(func() { signal.Stop(told); close(over) })
	go func() {
		select {
		case <-told:
			l.end()
			os.Exit(1)
		case <-over:
		}
	}()
}

// end kills whatever runs in the namespaces of the lab, and removes them. There is
// nobody left to tell of a failure.
func (l *Lab) end() {
	for _, namespace := range []string{l.scanner, l.world} {
		pids, _ := exec.Command("ip", "netns", "pids", namespace).Output()
		for written := range strings.FieldsSeq(string(pids)) {
			if pid, err := strconv.Atoi(written); err == nil {
				if running, err := os.FindProcess(pid); err == nil {
					_ = running.Kill()
				}
			}
		}
		_ = exec.Command("ip", "netns", "delete", namespace).Run()
	}
}
