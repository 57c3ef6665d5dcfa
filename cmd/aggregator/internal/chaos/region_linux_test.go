// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
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
}

func newRegion(w *world) *region {
	r := &region{w: w, data: filepath.Join(w.regionDisk.at, "data")}
	if err := os.Mkdir(r.data, 0o700); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if r.process.alive() {
			r.process.signal(syscall.SIGCONT)
			r.process.kill()
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

// serve starts the server and waits until it listens.
func (r *region) serve() {
	r.w.t.Helper()
	addresses := r.begin()
	for until := time.Now().Add(patience); ; {
		if _, err := os.Stat(addresses); err == nil {
			return
		}
		if !r.process.alive() || time.Now().After(until) {
			r.w.fail("the region does not serve")
		}
		pause(2 * time.Millisecond)
	}
}

// mend has the region serve again.
func (r *region) mend() {
	r.w.t.Helper()
	r.process.signal(syscall.SIGCONT)
	if r.process.alive() {
		return
	}
	if code := r.process.ProcessState.ExitCode(); code > 0 { // neither killed nor asked to end
		r.w.fail("the region ended by itself, with %d", code)
	}
	r.serve()
}

// stop asks the server to end, and waits until it has.
func (r *region) stop() {
	r.w.t.Helper()
	r.process.signal(syscall.SIGTERM)
	r.process.await(r.w)
}
