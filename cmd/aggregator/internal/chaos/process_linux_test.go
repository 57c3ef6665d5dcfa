// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// programs are the real ones, in a folder that ends with the tests.
var programs struct{ folder, agent, aggregator string }

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "carescan-chaos-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programs.folder = folder
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// buildPrograms builds the two programs once.
func buildPrograms(t *testing.T) {
	t.Helper()
	if programs.agent != "" {
		return
	}
	args := []string{"build", "-o", programs.folder + "/"}
	if *clocks {
		args = append(args, "-overlay", clockOverlay(t))
	}
	build := exec.Command("go", append(args, "carescan/cmd/agent", "carescan/cmd/aggregator")...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath -buildvcs=false") // the mode of scripts/build.sh
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	programs.agent, programs.aggregator = filepath.Join(programs.folder, "agent"), filepath.Join(programs.folder, "aggregator")
}

// patience is how long a program may take for what takes a moment: longer than a
// transaction whose region is cut off holds its locks, a minute (package store).
const patience = 3 * time.Minute

// process is a program that runs, or has run.
type process struct {
	*exec.Cmd
	ended chan struct{}
	log   *os.File
}

// launch starts a program; what it says is added to a file.
func (w *world) launch(command *exec.Cmd, log string) *process {
	w.t.Helper()
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		w.t.Fatal(err)
	}
	p := &process{Cmd: command, ended: make(chan struct{}), log: file}
	command.Stdout, command.Stderr = file, file
	if err := command.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = command.Wait() // how it ended is seen in what it left
		_ = file.Close()
	}()
	return p
}

func (p *process) signal(s syscall.Signal) {
	if p.alive() {
		_ = p.Process.Signal(s) // it may end meanwhile
	}
}

func (p *process) alive() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// kill ends a program on the spot, at work or paused.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// await waits for a program to end by itself.
func (p *process) await(w *world) {
	w.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.kill()
		w.fail("%s does not end\n%s", strings.Join(p.Args, " "), p.said())
	}
}

// said is the end of what a program said.
func (p *process) said() string {
	raw, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-4000):])
}

// run runs a program to its end, which must be good.
func (w *world) run(command *exec.Cmd) string {
	w.t.Helper()
	out, err := command.CombinedOutput()
	if err != nil {
		w.fail("%s: %v\n%s", strings.Join(command.Args, " "), err, out)
	}
	return string(out)
}
