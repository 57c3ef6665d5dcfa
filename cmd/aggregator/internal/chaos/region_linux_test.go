// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"carescan/scanner/guard/netlab"
)

// The ports of the region, at the far end of the cable.
const (
	agentPort = "8443"
	webPort   = "8444"
)

// region is the aggregator, which serves unless something ended it.
type region struct {
	w       *world
	data    string
	process *process
	// worker does the rounds of the region; nil where the server does.
	worker *process
	ending bool // the server was asked to
}

func newRegion(w *world) *region {
	r := &region{w: w, data: filepath.Join(w.regionDisk.at, "data")}
	if err := os.Mkdir(r.data, 0o700); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		for _, p := range []*process{r.process, r.worker} {
			if p.alive() {
				p.kill()
			}
		}
	})
	w.run(r.command("init"))
	return r
}

// command prepares the aggregator, where the region is.
func (r *region) command(args ...string) *exec.Cmd {
	agents, pages := net.JoinHostPort(netlab.WorldAddr, agentPort), net.JoinHostPort(netlab.WorldAddr, webPort)
	args = append(args, "--lang", "en", "--data", r.data, "--agent-listen", agents, "--web-listen", pages)
	command := r.w.line.lab.WorldCommand(r.w.t.Context(), programs.aggregator, append(args, r.w.database.settings()...)...)
	command.Env = r.w.regionClock.environment()
	return command
}

// begin starts the server, without waiting for it.
func (r *region) begin() (addresses string) {
	addresses = filepath.Join(programs.folder, "addresses.json")
	_ = os.Remove(addresses) // of the last time
	r.process = r.w.launch(r.command("serve", "--addr-file", addresses), r.w.logFile("region"))
	return addresses
}

// serve starts the server, waits until it listens, and starts the worker.
func (r *region) serve() {
	r.w.t.Helper()
	addresses := r.begin()
	for until := time.Now().Add(patience); ; {
		if _, err := os.Stat(addresses); err == nil {
			break
		}
		if !r.process.alive() || time.Now().After(until) {
			r.w.fail("the region does not serve")
		}
		pause(2 * time.Millisecond)
	}
	r.work()
}

// work starts the worker, unless it is at work or the server does without.
func (r *region) work() {
	if r.w.database.apart() && !r.worker.alive() {
		r.worker = r.w.launch(r.command("worker"), r.w.logFile("worker"))
	}
}

// mend has the region serve again. That it ended by itself is a fault.
func (r *region) mend() {
	r.w.t.Helper()
	for _, p := range []*process{r.process, r.worker} {
		p.signal(syscall.SIGCONT)
		if p != nil && !p.alive() && p.ProcessState.ExitCode() > 0 { // neither killed nor asked to end
			r.w.fail("%s ended by itself\n%s", strings.Join(p.Args[4:6], " "), p.said())
		}
	}
	if r.ending {
		r.ending = false
		r.process.await(r.w)
	}
	if !r.process.alive() {
		r.serve()
	}
	r.work()
}

// end asks the server to end, and does not wait.
func (r *region) end() {
	r.ending = true
	r.process.signal(syscall.SIGTERM)
}

// stop asks the programs to end, and waits until they have.
func (r *region) stop() {
	r.w.t.Helper()
	for _, p := range []*process{r.process, r.worker} {
		if p.alive() {
			p.signal(syscall.SIGTERM)
			p.await(r.w)
		}
	}
}
