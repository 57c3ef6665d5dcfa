// SPDX-License-Identifier: Apache-2.0

// Package schedule says when the daemon runs: on a rhythm, at a moment of its
// own that follows from its name, never twice at once.
package schedule

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/jonboulle/clockwork"
)

// First returns the first moment after now of the rhythm of a name. A region's
// agents are spread evenly over the period, and each keeps its moment across
// restarts, without chance.
func First(name string, every time.Duration, now time.Time) time.Time {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	offset := time.Duration(h.Sum64() % uint64(every))
	first := now.Truncate(every).Add(offset)
	if !first.After(now) {
		first = first.Add(every)
	}
	return first
}

// Schedule is a running rhythm.
type Schedule struct {
	scheduler gocron.Scheduler
	job       gocron.Job
}

// Start runs a task on the rhythm of a name until Stop. A run that lasts longer
// than the period makes the next one wait for the following moment. The task's
// context ends at Stop.
func Start(clock clockwork.Clock, name string, every time.Duration, task func(context.Context)) (*Schedule, error) {
	scheduler, err := gocron.NewScheduler(gocron.WithClock(clock), gocron.WithLocation(time.UTC))
	if err != nil {
		return nil, fmt.Errorf("make scheduler: %w", err)
	}
	job, err := scheduler.NewJob(
		gocron.DurationJob(every),
		gocron.NewTask(task),
		gocron.WithName(name),
		gocron.WithStartAt(gocron.WithStartDateTime(First(name, every, clock.Now()))),
		gocron.WithSingletonMode(gocron.LimitModeReschedule),
	)
	if err != nil {
		return nil, fmt.Errorf("schedule %s every %s: %w", name, every, err)
	}
	scheduler.Start()
	return &Schedule{scheduler, job}, nil
}

// Now runs the task once more, at once, and leaves the rhythm as it is.
func (s *Schedule) Now() error {
	if err := s.job.RunNow(); err != nil {
		return fmt.Errorf("run %s now: %w", s.job.Name(), err)
	}
	return nil
}

// Next is the moment of the next run.
func (s *Schedule) Next() (time.Time, error) { return s.job.NextRun() }

// Stop ends the rhythm and the run under way.
func (s *Schedule) Stop() error { return s.scheduler.Shutdown() }
