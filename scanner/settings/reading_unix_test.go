// SPDX-License-Identifier: Apache-2.0

//go:build unix

package settings

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReadDoesNotWaitForAPipe holds that a pipe nobody writes to is refused at
// once.
func TestReadDoesNotWaitForAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "agent.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(pipe, &agent{}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("Read = %v, want the pipe refused", err)
	}
}
