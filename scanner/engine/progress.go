// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"time"

	"carescan/scanner"
)

// Phase is what a run does at a moment.
type Phase string

// The phases, in their order. Looks that confirm begin beside the first ones, which
// name the phase as long as there is one.
const (
	PhaseFirst  Phase = "first"  // first looks
	PhaseSecond Phase = "second" // looks that confirm what failed, the first ones being done
	PhaseWait   Phase = "wait"   // nothing is under way until some failures may be looked at again
	PhaseStop   Phase = "stop"   // the run was stopped, and what is under way ends
	PhaseJudge  Phase = "judge"  // nothing is left to look at
)

// Progress is how far a run is, at the moment it is told.
type Progress struct {
	Phase       Phase
	Done, Total int // first looks
	// Confirmed are the looks made again, of the Doubted ones known to be needed so far.
	Confirmed, Doubted int
	// Looking are the looks under way, those that began first in front.
	Looking []scanner.Task
	Waiting int // looks that wait for their turn at their place
	// Task is the look that has just ended; zero when the progress has another reason.
	Task  scanner.Task
	Again bool          // it confirmed another one
	Took  time.Duration // by it
	// Until is the moment the next failures are looked at again, Last that of the last
	// ones known so far; zero when none waits for its time.
	Until, Last time.Time
	// Left is how long the first looks may still take, from the longest that each probe
	// has taken in this run; zero when one of them has not ended anywhere yet, or takes
	// longer than it ever did.
	Left time.Duration
}

// board is what a schedule counts for whoever follows it.
type board struct {
	total, done        int
	confirmed, doubted int
	last               *job                     // that ended, until it is told
	longest            map[string]time.Duration // first look of each probe
}

// ended counts a look; one that was given up before it began is not told of.
func (b *board) ended(j *job) {
	if j.first() {
		b.done++
	} else {
		b.confirmed++
	}
	if j.began.IsZero() {
		return
	}
	b.last = j
	if j.first() {
		b.longest[j.task.Probe] = max(b.longest[j.task.Probe], time.Since(j.began))
	}
}

// tell says how far the run is, and of the look that ended since it was last said.
func (s *schedule) tell(phase Phase) {
	b := &s.board
	p := Progress{
		Phase: phase, Done: b.done, Total: b.total, Confirmed: b.confirmed, Doubted: b.doubted, Left: s.left(),
	}
	for _, j := range s.under {
		p.Looking = append(p.Looking, j.task)
	}
	for _, place := range s.places {
		p.Waiting += place.waiting()
	}
	for _, j := range s.later {
		if p.Until.IsZero() || j.due.Before(p.Until) {
			p.Until = j.due
		}
		if j.due.After(p.Last) {
			p.Last = j.due
		}
	}
	if j := b.last; j != nil {
		p.Task, p.Again, p.Took = j.task, !j.first(), time.Since(j.began)
		b.last = nil
	}
	s.engine.Progress(p)
}

func (s *schedule) phase() Phase {
	switch {
	case s.stopped:
		return PhaseStop
	case s.board.done < s.board.total:
		return PhaseFirst
	case len(s.under) > 0:
		return PhaseSecond
	}
	return PhaseWait
}

// left is how long the first looks may still take: as long as the fullest place, as the
// looks of one probe that come one after the other, or as all of them when there are more
// than may be made at once.
func (s *schedule) left() time.Duration {
	type line struct {
		place *place
		probe string
	}
	lines := map[line]time.Duration{}
	var most time.Duration
	add := func(at line, d time.Duration, atOnce int) {
		lines[at] += d
		most = max(most, lines[at]/time.Duration(atOnce))
	}
	for _, j := range s.first {
		longest, known := s.board.longest[j.task.Probe]
		switch {
		case j.over:
			continue
		case !j.began.IsZero():
			longest -= time.Since(j.began)
		}
		if !known || longest < 0 {
			return 0
		}
		add(line{place: j.place}, longest, j.place.room)
		add(line{j.place, j.task.Probe}, longest, 1)
		add(line{probe: j.task.Probe}, longest, cmp.Or(j.atOnce, s.engine.Workers))
		add(line{}, longest, s.engine.Workers)
	}
	return most
}
