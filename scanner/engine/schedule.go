// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"slices"
	"time"

	"carescan/scanner"
)

// job is one look of a run, from the moment it is known to be needed.
type job struct {
	assignment
	order int // of the task in the plan
	// how says of a look that confirms another one when it is made; empty in a first look.
	how    scanner.Confirmation
	facts  []string // kinds that a first look may bring
	load   int      // the most it costs its target, in connections and requests
	atOnce int      // looks of its probe; 0 means any number
	place  *place
	due    time.Time // when one that confirms later may begin
	began  time.Time
	result seen // belongs to the look until it is over
	over   bool
}

func (j *job) first() bool { return j.how == "" }

// early tells whether a look comes before those that confirm later, wherever they are.
func (j *job) early() bool { return j.urgency() != urgencyLater }

func (j *job) urgency() urgency {
	switch j.how {
	case scanner.ConfirmAtOnce:
		return urgencyAtOnce
	case scanner.ConfirmLater:
		return urgencyLater
	}
	return urgencyFirst
}

// schedule is the looks of one run. Whoever runs it holds all of its state: looks work
// in goroutines of their own, and hand over what they saw.
type schedule struct {
	engine  Engine
	plan    scanner.Plan
	places  []*place
	doubts  *confirmations
	first   []*job         // in the order of the plan
	again   []*job         // by the order of their first looks; nil where nothing has to be confirmed
	under   []*job         // under way, in the order they began
	busy    map[string]int // by probe, looks under way
	later   []*job         // that confirm, whose time has not come
	ended   chan *job
	due     chan *job
	timers  []*time.Timer
	stopped bool
	board   board
}

// lookAll makes the looks of a plan and those that confirm them, and returns what each
// saw: the first looks in the order of the plan, then those made again at once, then
// those made again later. Nothing but the plan and what is seen decides of the order.
func (e Engine) lookAll(ctx context.Context, plan scanner.Plan) []seen {
	s := &schedule{
		engine: e, plan: plan, doubts: confirming(plan), again: make([]*job, len(plan.Tasks)), busy: map[string]int{},
		ended: make(chan *job), due: make(chan *job, len(plan.Tasks)), // one at most for each first look
		board: board{total: len(plan.Tasks), longest: map[string]time.Duration{}},
	}
	e.Progress(Progress{Phase: PhaseFirst, Total: len(plan.Tasks), Waiting: len(plan.Tasks)})
	s.line(e.placesOf(ctx, plan.Tasks))
	s.run(ctx)
	s.tell(PhaseJudge)
	return s.results()
}

// line puts every first look in the line of its place.
func (s *schedule) line(places []*place) {
	known := map[*place]bool{}
	for i, task := range s.plan.Tasks {
		j := &job{assignment: assignment{task: task}, order: i, place: places[i]}
		if probe, err := s.engine.find(task); err == nil {
			needs := probe.Needs()
			j.facts, j.load, j.atOnce = probe.Facts(), max(needs.Load.Connections, needs.Load.Requests), needs.AtOnce
		}
		s.first = append(s.first, j)
		s.doubts.await(j)
		j.place.add(j)
		if !known[j.place] {
			known[j.place] = true
			s.places = append(s.places, j.place)
		}
	}
}

// run makes the looks until none is left. When its context ends, that is those under
// way.
func (s *schedule) run(ctx context.Context) {
	stop := ctx.Done()
	for s.begin(ctx) {
		s.tell(s.phase())
		select {
		case j := <-s.ended:
			s.end(j)
		case j := <-s.due:
			s.resume(j)
		case <-stop:
			stop = nil // begin sees to it
		}
	}
	for _, t := range s.timers {
		t.Stop()
	}
}

// begin makes the looks begin that may, and tells whether any is left to wait for.
func (s *schedule) begin(ctx context.Context) bool {
	if ctx.Err() != nil && !s.stopped {
		s.stop(ctx)
	}
	for len(s.under) < s.engine.Workers {
		j := s.best()
		if j == nil {
			break
		}
		j.place.take(j)
		j.began = time.Now()
		s.under = append(s.under, j)
		s.busy[j.task.Probe]++
		go func() {
			j.result = s.engine.look(ctx, s.plan, j.assignment)
			s.ended <- j
		}()
	}
	return len(s.under)+len(s.later) > 0
}

// best is the look to begin next: where first looks wait, then where most is left to
// do, so that the longest does not come last.
func (s *schedule) best() *job {
	var best *job
	for _, p := range s.places {
		j := p.next(s.mayBegin)
		if j == nil {
			continue
		}
		if best == nil || j.early() && !best.early() || j.early() == best.early() && p.load > best.place.load {
			best = j
		}
	}
	return best
}

func (s *schedule) mayBegin(j *job) bool { return j.atOnce == 0 || s.busy[j.task.Probe] < j.atOnce }

// end takes back a look, and puts in line what it leaves to be confirmed.
func (s *schedule) end(j *job) {
	s.under = without(s.under, j)
	s.busy[j.task.Probe]--
	j.place.leave(j)
	j.over = true
	s.board.ended(j)
	if !j.first() {
		return
	}
	for _, again := range s.doubts.ended(j) {
		s.again[again.order] = again
		s.board.doubted++
		if again.how == scanner.ConfirmAtOnce {
			again.place.add(again)
		} else {
			s.postpone(again)
		}
	}
}

// postpone has a look wait for its time: so long after its own first look, whatever the
// others do.
func (s *schedule) postpone(j *job) {
	j.due = s.first[j.order].result.at.Add(s.engine.ConfirmAfter)
	s.later = append(s.later, j)
	s.timers = append(s.timers, time.AfterFunc(j.due.Sub(s.engine.Clock()), func() { s.due <- j }))
}

// resume puts in line a look whose time has come.
func (s *schedule) resume(j *job) {
	if !s.stopped {
		s.later = without(s.later, j)
		j.place.add(j)
	}
}

// stop gives up what has not begun: a first look says so, one that confirms leaves its
// failure unconfirmed.
func (s *schedule) stop(ctx context.Context) {
	s.stopped = true
	s.later = nil
	for _, p := range s.places {
		for _, j := range p.queues[urgencyFirst] {
			j.result, j.over = s.engine.look(ctx, s.plan, j.assignment), true
			s.board.ended(j)
		}
		p.queues = [urgencies][]*job{}
	}
}

func (s *schedule) results() []seen {
	var list []seen
	for _, j := range s.first {
		list = append(list, j.result)
	}
	for _, how := range []scanner.Confirmation{scanner.ConfirmAtOnce, scanner.ConfirmLater} {
		for _, j := range s.again {
			if j != nil && j.how == how && !j.began.IsZero() {
				list = append(list, j.result)
			}
		}
	}
	return list
}

func without(list []*job, j *job) []*job {
	return slices.DeleteFunc(list, func(other *job) bool { return other == j })
}
