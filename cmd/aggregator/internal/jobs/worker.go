// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"carescan/cmd/aggregator/internal/store"
)

const (
	atOnce   = 2               // jobs that one process does
	poll     = 2 * time.Second // between two looks for a job that another process added
	keep     = 7 * longest     // what was done is remembered, so that it is not done twice
	look     = time.Minute     // most time between two looks at the clock, which may jump
	giveBack = 5 * time.Second // for a round that is told to end
)

// waits is how long a worker waits for others.
type waits struct {
	rescue time.Duration // least age of a job whose process may have died; its round's own time counts too
	finish time.Duration // for rounds under way when asked to stop
	newer  time.Duration // for a newer program to take a round that this one does not know
}

var usual = waits{rescue: time.Minute, finish: 10 * time.Second, newer: time.Minute}

// Worker adds the rounds that are due, and does those it finds.
type Worker struct {
	store  *store.Store
	rounds []Round
	log    *slog.Logger
	queue  *store.Queue
	wait   waits
	added  map[string]time.Time // moment of each round added last, by this process
}

// New makes a worker of the rounds of a region.
func New(s *store.Store, rounds []Round, log *slog.Logger) (*Worker, error) {
	return newWorker(s, rounds, log, usual)
}

func newWorker(s *store.Store, rounds []Round, log *slog.Logger, wait waits) (*Worker, error) {
	if err := check(rounds); err != nil {
		return nil, err
	}
	w := &Worker{store: s, rounds: rounds, log: log, wait: wait, added: map[string]time.Time{}}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &hand{worker: w}); err != nil {
		return nil, fmt.Errorf("prepare jobs: %w", err)
	}
	var err error
	w.queue, err = s.OpenQueue(&river.Config{
		Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: atOnce}},
		FetchPollInterval: poll, PollOnly: true, JobTimeout: wait.rescue, RescueStuckJobsAfter: wait.rescue,
		CompletedJobRetentionPeriod: keep, CancelledJobRetentionPeriod: keep, DiscardedJobRetentionPeriod: keep,
		// A failure is told here, in the words of the house, and once.
		Logger: slog.New(atLeast{log.Handler(), slog.LevelError}),
	})
	return w, err
}

// Run works until the context ends; then what is under way is finished within seconds,
// or given back to be done again.
func (w *Worker) Run(ctx context.Context) error {
	// Jobs outlive the context: they are given time to end.
	if err := w.queue.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	for ctx.Err() == nil {
		select {
		case <-time.After(w.addDue(ctx, time.Now())):
		case <-ctx.Done():
		}
	}
	return w.stop(context.WithoutCancel(ctx))
}

func (w *Worker) stop(ctx context.Context) error {
	patient, cancel := context.WithTimeout(ctx, w.wait.finish)
	defer cancel()
	if err := w.queue.Stop(patient); err == nil {
		return nil
	}
	last, cancel := context.WithTimeout(ctx, giveBack)
	defer cancel()
	if err := w.queue.StopAndCancel(last); err != nil {
		return fmt.Errorf("stop jobs: %w", err)
	}
	return nil
}

// addDue adds the jobs of the rounds that are due, and tells how long to wait until
// the next look. Whoever comes second changes nothing: a job is unique by the name and
// the moment of its round.
func (w *Worker) addDue(ctx context.Context, now time.Time) (wait time.Duration) {
	wait = look
	for _, r := range w.rounds {
		wait = min(wait, r.Next(now).Sub(now))
		tick := r.tick(now)
		if w.added[r.Name].Equal(tick) {
			continue
		}
		if _, err := w.queue.Insert(ctx, turn{r.Name, tick}, once()); err != nil {
			if ctx.Err() == nil {
				w.log.Error("a round could not be added", "round", r.Name, "tick", tick, "error", err)
			}
			wait = min(wait, poll)
			continue
		}
		w.added[r.Name] = tick
	}
	return wait
}

// once is how a job is added: not beside another of the same name and moment, whatever
// became of that one.
func once() *river.InsertOpts {
	return &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()}}
}

// turn is one moment of a round, as the queue keeps it.
type turn struct {
	Round string    `json:"round"`
	Tick  time.Time `json:"tick"`
}

// Kind names it in the queue.
func (turn) Kind() string { return "round" }

// hand does the turns that come.
type hand struct {
	river.WorkerDefaults[turn]
	worker *Worker
}

var (
	errOvertaken = errors.New("the next turn of the round has come")
	errUnknown   = errors.New("no process knows this round")
)

// Timeout is how long the round may last.
func (h *hand) Timeout(job *river.Job[turn]) time.Duration {
	round, _ := h.worker.round(job.Args.Round)
	return round.Takes
}

// Work does a turn, unless the next one has come meanwhile.
func (h *hand) Work(ctx context.Context, job *river.Job[turn]) error {
	began := time.Now()
	round, known := h.worker.round(job.Args.Round)
	switch {
	case !known && began.Sub(job.Args.Tick) > longest:
		return river.JobCancel(errUnknown)
	case !known: // added by a newer program, which will take it
		return river.JobSnooze(h.worker.wait.newer)
	case job.Args.Tick.Before(round.tick(began)):
		return river.JobCancel(errOvertaken)
	}
	err := round.Do(ctx, began)
	if errors.Is(ctx.Err(), context.Canceled) && err != nil {
		return err // this program stops, and gives it back
	}
	return errors.Join(err, h.worker.tell(context.WithoutCancel(ctx), job, began, err))
}

// tell records how a turn ended.
func (w *Worker) tell(ctx context.Context, job *river.Job[turn], began time.Time, failure error) error {
	about := []any{"round", job.Args.Round, "tick", job.Args.Tick, "attempt", job.Attempt, "took", time.Since(began).Round(time.Millisecond)}
	if failure != nil {
		w.log.Error("a round failed, and will be done again", append(about, "error", failure)...)
		return w.store.RecordRoundFailure(ctx, job.Args.Round, time.Now(), failure)
	}
	w.log.Info("a round is done", about...)
	return w.store.RecordRound(ctx, job.Args.Round, began, time.Since(began))
}

func (w *Worker) round(name string) (Round, bool) {
	i := slices.IndexFunc(w.rounds, func(r Round) bool { return r.Name == name })
	if i < 0 {
		return Round{}, false
	}
	return w.rounds[i], true
}

// atLeast is a log that leaves out what is below a level.
type atLeast struct {
	slog.Handler
	level slog.Level
}

// Enabled implements slog.Handler.
func (h atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(attrs), h.level}
}

// WithGroup implements slog.Handler.
func (h atLeast) WithGroup(name string) slog.Handler {
	return atLeast{h.Handler.WithGroup(name), h.level}
}
