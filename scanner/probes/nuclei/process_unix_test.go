// SPDX-License-Identifier: Apache-2.0

//go:build unix

package nuclei

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A descendant of the worker holds the writing end of a pipe: the pipe ends
// when, and only when, it is dead too.
func TestCancelKillsTheWholeFamily(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProbe(t, Options{}, "family", pipe)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan string)
	go func() {
		seen, _ := observe(t, ctx, p, closedNetwork{})
		ended <- seen.Error
	}()
	reader, err := os.Open(pipe) // waits for the descendant
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	cancel()
	if _, err := io.ReadAll(reader); err != nil {
		t.Fatal(err)
	}
	if got, want := <-ended, "the look was stopped: it was cancelled"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}
