// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"syscall"
	"time"
)

// disturbance is what goes wrong in a round. It lasts until it is mended, after a time
// drawn up to hold.
type disturbance struct {
	name   string
	strike func(w *world, tasks []*task)
	hold   time.Duration
}

// disturbances are those of any region, those of its database and, when they are moved,
// those of clocks.
func (w *world) disturbances() []disturbance {
	list := append([]disturbance{
		{"agents are killed", killAgents, 0},
		{"the region is killed", func(w *world, _ []*task) { w.region.process.kill() }, 40 * time.Millisecond},
		{"the region and agents are killed", func(w *world, tasks []*task) { w.region.process.kill(); killAgents(w, tasks) }, 0},
		{"the region is killed again as it begins", killTwice, 0},
		{"the region is asked to end", func(w *world, _ []*task) { w.region.end() }, 40 * time.Millisecond},
		{"agents are paused", pauseAgents, 200 * time.Millisecond},
		{"the region is paused", func(w *world, _ []*task) { w.region.process.signal(syscall.SIGSTOP) }, 200 * time.Millisecond},
		{"the line is silent", func(w *world, _ []*task) { w.line.fail(w, agentPort, silent) }, 200 * time.Millisecond},
		{"the line refuses", func(w *world, _ []*task) { w.line.fail(w, agentPort, refused) }, 80 * time.Millisecond},
		{"the line is starved", func(w *world, _ []*task) { w.line.fail(w, agentPort, starved) }, 200 * time.Millisecond},
		{"the cable is out", func(w *world, _ []*task) { w.line.unplug(w) }, 200 * time.Millisecond},
		{"the disk of the region is full", func(w *world, _ []*task) { w.fill(w.regionDisk) }, 150 * time.Millisecond},
		{"the disk of the agents is full", func(w *world, _ []*task) { w.fill(w.agentDisk) }, 150 * time.Millisecond},
		{"the disk is full and the region is killed", func(w *world, _ []*task) {
			w.fill(w.regionDisk)
			pause(w.draw(20 * time.Millisecond))
			w.region.process.kill()
		}, 0},
		{"a rebuild is killed", killRebuild, 0},
	}, w.database.disturbances()...)
	if *clocks {
		list = append(list,
			disturbance{"the clock of the region jumps", func(w *world, _ []*task) { w.regionClock.jump(w.leap()) }, 150 * time.Millisecond},
			disturbance{"the clock of the agents jumps", func(w *world, _ []*task) { w.agentClock.jump(w.leap()) }, 150 * time.Millisecond},
		)
	}
	return list
}

// killAgents kills some of those at work, one at least.
func killAgents(w *world, tasks []*task) {
	sure := w.random.IntN(len(tasks))
	for i, t := range tasks {
		if i == sure || w.random.IntN(2) == 0 {
			t.process.kill()
		}
	}
}

func pauseAgents(w *world, tasks []*task) {
	sure := w.random.IntN(len(tasks))
	for i, t := range tasks {
		if i == sure || w.random.IntN(2) == 0 {
			t.process.signal(syscall.SIGSTOP)
		}
	}
}

// killTwice kills the region, and once more while it opens what the first kill left.
func killTwice(w *world, _ []*task) {
	w.region.process.kill()
	w.region.begin()
	pause(w.draw(30 * time.Millisecond))
	w.region.process.kill()
}

// killRebuild has every projection derived again beside the arrivals, and kills that.
func killRebuild(w *world, _ []*task) {
	p := w.launch(w.region.command("rebuild"), w.logFile("rebuild"))
	pause(w.draw(100 * time.Millisecond))
	p.kill()
}

// fill leaves so little room on a disk that one of the next writes does not fit.
func (w *world) fill(d *disk) { w.must(d.fill(w.random.Int64N(96 << 10))) }

// leap is by how much a clock jumps: up to six hours, either way.
func (w *world) leap() time.Duration {
	return (w.draw(12*time.Hour) - 6*time.Hour).Truncate(time.Second)
}
