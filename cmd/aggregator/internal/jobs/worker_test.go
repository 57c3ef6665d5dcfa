// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/jobs"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// victimFolder is the variable that makes this program the one that a test kills: it
// begins a round in that folder, says so in a file, and never ends it.
const (
	victimFolder = "CARESCAN_TEST_FOLDER"
	begunFile    = "begun"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(victimFolder); folder != "" {
		fmt.Fprintln(os.Stderr, die(folder))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// die works until it is killed.
func die(folder string) error {
	s, err := store.Open(context.Background(), folder)
	if err != nil {
		return err
	}
	w, err := jobs.New(s, []jobs.Round{try(24*time.Hour, func(context.Context, time.Time) error {
		if err := os.WriteFile(filepath.Join(folder, begunFile), nil, 0o600); err != nil {
			return err
		}
		select {}
	})}, regiontest.Quiet())
	if err != nil {
		return err
	}
	return w.Run(context.Background())
}

var title = scanner.Text{FR: "Essayer", EN: "Try"}

// try is a round that tells when it is done.
func try(every time.Duration, do func(ctx context.Context, now time.Time) error) jobs.Round {
	return jobs.Round{Name: "try", Title: title, Every: every, Takes: 3 * time.Second, Do: do}
}

// working starts a worker, and waits for its end when the test asks or ends.
func working(t *testing.T, s *store.Store, round jobs.Round) (stop func()) {
	t.Helper()
	w, err := jobs.New(s, []jobs.Round{round}, regiontest.Quiet())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the worker ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func open(t *testing.T, folder string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ticks collects the moments at which a round was done.
type ticks struct {
	mu   sync.Mutex
	seen map[time.Time]int
	more chan struct{}
}

func newTicks() *ticks { return &ticks{seen: map[time.Time]int{}, more: make(chan struct{}, 100)} }

func (k *ticks) do(_ context.Context, now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen[now.Truncate(time.Hour)]++
	k.more <- struct{}{}
	return nil
}

// TestManyWorkersDoARoundOnce has three of them want the same turn, then others come.
func TestManyWorkersDoARoundOnce(t *testing.T) {
	s := open(t, t.TempDir())
	done := newTicks()
	for range 3 {
		working(t, s, try(time.Hour, done.do))
	}
	<-done.more
	first := working(t, s, try(time.Hour, done.do)) // comes after
	first()
	select {
	case <-done.more:
		if len(done.seen) == 1 {
			t.Errorf("the turn was done twice: %v", done.seen)
		}
	case <-time.After(5 * time.Second): // twice the time in which any of them looks for a job
	}
	known, err := s.Rounds(t.Context(), store.Region())
	if r := known["try"]; err != nil || r.DoneAt.IsZero() || r.Failing() {
		t.Errorf("the record says %+v, %v", r, err)
	}
	if known, err = s.Rounds(t.Context(), store.Only("690000013")); len(known) != 0 || err != nil {
		t.Errorf("an establishment reads the rounds of the region: %v, %v", known, err)
	}
}

// TestFailureIsToldAndRetried has a round fail once.
func TestFailureIsToldAndRetried(t *testing.T) {
	s := open(t, t.TempDir())
	tried := make(chan int, 100)
	n := 0
	working(t, s, try(24*time.Hour, func(context.Context, time.Time) error {
		n++
		tried <- n
		if n == 1 {
			return errors.New("the disk is full")
		}
		return nil
	}))
	<-tried
	told := waitFor(t, s, store.Round.Failing)
	if !strings.Contains(told.Failure, "the disk is full") {
		t.Errorf("the record says %+v", told)
	}
	<-tried
	if again := waitFor(t, s, func(r store.Round) bool { return !r.DoneAt.IsZero() }); again.Failing() {
		t.Errorf("the round still fails: %+v", again)
	}
}

// waitFor reads the record of the round until it is as wanted.
func waitFor(t *testing.T, s *store.Store, wanted func(store.Round) bool) store.Round {
	t.Helper()
	for t.Context().Err() == nil {
		known, err := s.Rounds(t.Context(), store.Region())
		if err != nil {
			t.Fatal(err)
		}
		if r := known["try"]; wanted(r) {
			return r
		}
		<-time.After(20 * time.Millisecond)
	}
	return store.Round{}
}

// TestStopFinishesWhatIsUnderWay: the worker waits for a round that ends soon.
func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	s := open(t, t.TempDir())
	begun, end := make(chan struct{}), make(chan struct{})
	stop := working(t, s, try(24*time.Hour, func(ctx context.Context, _ time.Time) error {
		close(begun)
		select {
		case <-end:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}))
	<-begun
	go close(end)
	stop()
	known, err := s.Rounds(t.Context(), store.Region())
	if r := known["try"]; err != nil || r.DoneAt.IsZero() || r.Failing() {
		t.Errorf("the round under way was not finished: %+v, %v", r, err)
	}
}

// TestRoundOfADeadWorkerIsDoneAgain kills a process in the middle of a round.
func TestRoundOfADeadWorkerIsDoneAgain(t *testing.T) {
	folder := t.TempDir()
	begun := filepath.Join(folder, begunFile)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	victim := exec.CommandContext(t.Context(), program)
	victim.Env = append(os.Environ(), victimFolder+"="+folder)
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	for _, err := os.Stat(begun); err != nil; _, err = os.Stat(begun) {
		<-time.After(20 * time.Millisecond)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := victim.Wait(); err == nil {
		t.Fatal("the victim ended well")
	}
	s := open(t, folder)
	again := make(chan struct{}, 10)
	w, err := jobs.NewImpatient(s, []jobs.Round{try(24*time.Hour, func(context.Context, time.Time) error {
		again <- struct{}{}
		return nil
	})}, regiontest.Quiet(), 3*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	<-again
	waitFor(t, s, func(r store.Round) bool { return !r.DoneAt.IsZero() })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if len(again) > 0 {
		t.Errorf("it was done %d times more", len(again))
	}
}

func TestBadRoundsAreRefused(t *testing.T) {
	s := open(t, t.TempDir())
	good := try(time.Hour, nil)
	for name, spoil := range map[string]func(r *jobs.Round){
		"no name":         func(r *jobs.Round) { r.Name = "" },
		"odd name":        func(r *jobs.Round) { r.Name = "Try it" },
		"no period":       func(r *jobs.Round) { r.Every = 0 },
		"period too long": func(r *jobs.Round) { r.Every = 25 * time.Hour },
		"no bound":        func(r *jobs.Round) { r.Takes = 0 },
		"twice the name":  func(*jobs.Round) {},
	} {
		bad := good
		spoil(&bad)
		list := []jobs.Round{good, bad}
		if name != "twice the name" && bad.Name == good.Name {
			list = []jobs.Round{bad}
		}
		if _, err := jobs.New(s, list, regiontest.Quiet()); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
