// SPDX-License-Identifier: Apache-2.0

package netlab

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// Play starts this test binary again as the world, with one variable more, until
// the test ends or what it heard is asked for. It is ready when its first line says
// "ready"; the lines after that are what it heard.
func (l *Lab) Play(t testing.TB, variable string) (heard func() []string) {
	t.Helper()
	world := l.WorldCommand(t.Context(), os.Args[0])
	world.Env = append(os.Environ(), variable)
	world.Stderr = os.Stderr
	out, err := world.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := world.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the world did not start: %q, %v", lines.Text(), lines.Err())
	}
	var told []string
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines.Scan() {
			told = append(told, lines.Text())
		}
	}()
	stop := sync.OnceFunc(func() {
		_ = world.Process.Kill()
		<-ended
		var exit *exec.ExitError
		if err := world.Wait(); err != nil && !errors.As(err, &exit) {
			t.Errorf("end the world: %v", err)
		}
	})
	t.Cleanup(stop)
	return func() []string {
		stop()
		return told
	}
}
