// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"carescan/scanner"
	"carescan/scanner/guard/netlab"
)

// world is a region with its agents, all of which can be hurt.
type world struct {
	t      *testing.T
	random *rand.Rand // of the round
	line   *line
	// regionDisk holds what the region keeps, agentDisk the states of all agents.
	regionDisk, agentDisk *disk
	database              database
	region                *region
	agents                []*agent
	// regionClock is that of the region and its database, agentClock that of all agents.
	regionClock, agentClock *clock
	label                   string // of the round
	counts                  map[string]map[string]int
}

// The establishments of the region, and how many agents each has: they speak of the
// same targets, from both vantages.
const (
	sites      = 4
	agentsEach = 3
)

func newWorld(t *testing.T, e engine) *world {
	t.Helper()
	w := &world{t: t, label: "at the beginning", counts: map[string]map[string]int{}}
	w.line = &line{lab: netlab.New(t)}
	w.regionDisk, w.agentDisk = newDisk(t), newDisk(t)
	buildPrograms(t)
	w.regionClock, w.agentClock = newClock(t), newClock(t)
	w.line.install(w)
	w.database = e.begin(w)
	w.region = newRegion(w)
	w.region.serve()
	for n := range sites {
		finess := scanner.FINESS("69000000" + string(rune('1'+n)))
		w.run(w.region.command("establishment", "add", "--finess", string(finess), "--name", "CH "+string(finess)))
		for range agentsEach {
			w.agents = append(w.agents, newAgent(w, finess, len(w.agents)))
		}
	}
	return w
}

// mend puts everything right again: what is paused goes on, what ended starts, the line
// is whole, disks have room and clocks are right.
func (w *world) mend() {
	w.t.Helper()
	w.line.mend(w)
	for _, d := range []*disk{w.regionDisk, w.agentDisk} {
		if err := d.free(); err != nil {
			w.fail("free a disk: %v", err)
		}
	}
	w.regionClock.right()
	w.agentClock.right()
	w.database.mend(w)
	w.region.mend()
}

// fail ends the test, and tells in which round.
func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Errorf(w.label+": "+format, args...)
	if w.region != nil && w.region.process != nil {
		w.t.Logf("the region says:\n%s", w.region.process.said())
	}
	w.t.FailNow()
}

func (w *world) logFile(name string) string {
	return filepath.Join(programs.folder, name+".log")
}
