// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/agent/internal/schedule"
	"carescan/cmd/agent/internal/status"
	"carescan/cmd/agent/internal/uplink"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/engine"
)

func (a *app) run() *cobra.Command {
	return &cobra.Command{
		Use: "run", Args: cobra.NoArgs,
		Short: a.say("Examine à son rythme et envoie, sans s'arrêter", "Look on a rhythm and send, without end"),
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := a.configuration()
			if err != nil {
				return err
			}
			if _, err := runner.Plan(c, time.Now()); err != nil {
				return err // better now than at night
			}
			slog.SetDefault(slog.New(slog.NewTextHandler(a.err, nil)))
			d, err := openDesk(c, logged)
			if err != nil {
				return err
			}
			release, err := d.claim()
			if err != nil {
				return err
			}
			defer release()
			return newDaemon(d).live(command.Context())
		},
	}
}

// logged puts a problem that stopped nothing in the log of the daemon.
func logged(p *cli.Problem) { slog.Warn(p.Sentence.EN, "error", p.Cause) }

// daemon is the agent that stays.
type daemon struct {
	desk   *desk
	look   func(context.Context) (scanner.Run, error)
	keeper *keeper
	wake   chan struct{} // a new bundle waits
	mu     sync.Mutex
	last   scanner.Run
	error  error // of the last run
	// now is how far the run under way is; nil between two runs. It has no lock: a page
	// that waits for the disk must not hold a run up.
	now atomic.Pointer[engine.Progress]
}

func newDaemon(d *desk) *daemon {
	wake := make(chan struct{}, 1)
	resident := &daemon{desk: d, keeper: &keeper{seal: d.keep, wake: wake}, wake: wake}
	resident.look = func(ctx context.Context) (scanner.Run, error) { return d.look(ctx, resident.note, nil) }
	return resident
}

// note keeps how far the run under way is, for whoever opens the page.
func (d *daemon) note(p engine.Progress) { d.now.Store(&p) }

// live runs until its context ends.
func (d *daemon) live(ctx context.Context) error {
	every, err := d.rhythm()
	if err != nil {
		return err
	}
	var rhythm *schedule.Schedule
	begun := make(chan struct{})
	rhythm, err = schedule.Start(clockwork.NewRealClock(), d.name(), every, func(ctx context.Context) {
		<-begun // rhythm is known
		d.runOnce(ctx)
		sayNext(ctx, rhythm)
	})
	close(begun)
	if err != nil {
		return err
	}
	page, err := status.Serve(d.desk.config.StatusAddress, func() status.State { return d.state(rhythm) }) //nolint:contextcheck // the page lives until Close
	if err != nil {
		return errors.Join(badStatusPage(err), rhythm.Stop())
	}
	slog.InfoContext(ctx, "agent started", "status", page.URL(), "every", every.String())
	if err := d.begin(ctx, rhythm); err != nil {
		return errors.Join(err, rhythm.Stop(), page.Close())
	}
	go d.keeper.again(ctx)
	err = d.sendUntil(ctx, func() (time.Time, time.Duration) {
		next, err := rhythm.Next()
		if err != nil {
			return time.Time{}, 0 // the rhythm is being stopped
		}
		return next, every
	})
	err = errors.Join(err, rhythm.Stop(), page.Close())
	d.keeper.close()
	return err
}

// begin says when the agent looks next; an establishment that was never looked at is
// looked at now, rather than a whole period later.
func (d *daemon) begin(ctx context.Context, rhythm *schedule.Schedule) error {
	recorded, err := d.desk.recorded()
	if err != nil {
		return badState(d.desk.config, err)
	}
	sayNext(ctx, rhythm)
	if recorded {
		return nil
	}
	slog.InfoContext(ctx, "no run is recorded here: looking now")
	return rhythm.Now()
}

func sayNext(ctx context.Context, rhythm *schedule.Schedule) {
	next, err := rhythm.Next()
	if err != nil {
		return // the rhythm is being stopped
	}
	slog.InfoContext(ctx, "next run", "due", next.Local().Format(time.RFC3339))
}

func badStatusPage(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "la page d'état locale n'a pas pu s'ouvrir", EN: "the local status page could not open"},
		Hint:     scanner.Text{FR: "changez status_address (adresse de boucle locale et port libre)", EN: "change status_address (loopback address and free port)"},
		Cause:    cause,
	}
}

// rhythm is the configuration's, or the profile's.
func (d *daemon) rhythm() (time.Duration, error) {
	if every := d.desk.config.Schedule.Every; every != 0 {
		return every, nil
	}
	set, err := runner.Profiles(d.desk.config)
	if err != nil {
		return 0, err
	}
	profile, err := set.Profile(d.desk.config.Profile)
	return profile.Every, err
}

// name spreads the agents of a region over the period.
func (d *daemon) name() string {
	c := d.desk.config
	return c.Establishment.FINESS + "/" + c.Profile + "/" + d.desk.agentID
}

func (d *daemon) runOnce(ctx context.Context) {
	d.note(engine.Progress{})
	run, err := d.look(ctx)
	d.now.Store(nil)
	d.remember(run, err)
	if err != nil {
		slog.ErrorContext(ctx, "run failed", "error", err)
		return
	}
	d.keeper.keep(run)
}

func (d *daemon) remember(run scanner.Run, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last, d.error = run, err
}

// sendUntil sends bundles until the end, and says how the agent is; one that is not
// enrolled keeps them and waits.
func (d *daemon) sendUntil(ctx context.Context, rhythm func() (next time.Time, every time.Duration)) error {
	u, err := uplink.New(d.desk.identity, d.desk.spool, cli.Software(runner.Program), d.desk.config.Uplink.Proxy)
	if errors.Is(err, identity.ErrNotEnrolled) {
		slog.WarnContext(ctx, "the agent is not enrolled: bundles are kept here")
		<-ctx.Done()
		return nil
	}
	if err != nil {
		return err
	}
	u.Rhythm = rhythm
	u.Run(ctx, d.wake)
	return nil
}

func (d *daemon) state(rhythm *schedule.Schedule) status.State {
	d.mu.Lock()
	defer d.mu.Unlock()
	state := status.State{Establishment: d.desk.config.Establishment.Name, Run: d.last, Enrolled: d.desk.agentID != ""}
	if now := d.now.Load(); now != nil {
		state.Now = underWay(*now)
	}
	held, errKeep := d.keeper.state()
	state.Unsealed = held
	next, err := rhythm.Next()
	state.Next = next
	waiting, errWaiting := d.desk.spool.Waiting()
	rejected, errRejected := d.desk.spool.Rejected()
	state.Waiting, state.Rejected = len(waiting), len(rejected)
	alarm, errAlarm := d.desk.alarm()
	for _, err := range []error{asError(alarm), errAlarm, d.error, errKeep, err, errWaiting, errRejected, d.heldBack()} {
		if err == nil {
			continue
		}
		for _, s := range signsOf(err) {
			state.Problems = append(state.Problems, status.Problem{What: s.seen.Typeset(), Hint: s.hint.Typeset(), Detail: s.detail})
		}
	}
	return state
}

// heldBack says why the aggregator takes nothing from the agent for now, if so.
func (d *daemon) heldBack() error {
	e, err := d.desk.identity.Enrolment()
	if errors.Is(err, identity.ErrNotEnrolled) {
		return nil
	}
	if problem := uplink.StateProblem(d.desk.identity, e, nil); problem != nil {
		return problem
	}
	return err
}

// underWay is the progress of a run as the page shows it.
func underWay(p engine.Progress) *status.Now {
	now := &status.Now{Progress: p, More: max(0, len(p.Looking)-shownLooks)}
	for _, task := range p.Looking[:min(shownLooks, len(p.Looking))] {
		now.Names = append(now.Names, looked(task))
	}
	return now
}
