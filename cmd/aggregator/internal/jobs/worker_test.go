// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"carescan/cmd/aggregator/internal/jobs"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
)

// victimPlace is the variable that makes this program the one that a test kills: it begins
// a round of the region of that place, says so in a file, and never ends it.
const (
	victimPlace = "CARESCAN_TEST_PLACE"
	begunFile   = "begun"
)

func TestMain(m *testing.M) {
	if place := os.Getenv(victimPlace); place != "" {
		fmt.Fprintln(os.Stderr, die(place))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// die works until it is killed.
func die(where string) error {
	var place store.Place
	if err := json.Unmarshal([]byte(where), &place); err != nil {
		return err
	}
	s, err := store.Open(context.Background(), place)
	if err != nil {
		return err
	}
	w, err := jobs.New(s, []jobs.Round{try(24*time.Hour, func(context.Context, time.Time) error {
		if err := os.WriteFile(filepath.Join(place.Folder, begunFile), nil, 0o600); err != nil {
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
	return run(t, w)
}

// impatient is working, by a worker that waits three seconds at most.
func impatient(t *testing.T, s *store.Store, round jobs.Round) (stop func()) {
	t.Helper()
	w, err := jobs.NewImpatient(s, []jobs.Round{round}, regiontest.Quiet(), 3*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, w)
}

func run(t *testing.T, w *jobs.Worker) (stop func()) {
	t.Helper()
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

func open(t *testing.T, place store.Place) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), place)
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

// replicas opens a region as so many processes would; on SQLite there is one.
func replicas(t *testing.T, place store.Place, n int) (list []*store.Store) {
	t.Helper()
	s := open(t, place)
	for len(list) < n {
		list = append(list, s)
		if place.Postgres != nil {
			s = open(t, place)
		}
	}
	return list
}

// turnRow is a turn as the queue keeps it.
type turnRow struct {
	Round, State string
	Tick         time.Time
	Tries        int
}

// turns reads the queue past the store.
func turns(t *testing.T, db *sql.DB) (list []turnRow) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT args, state, attempt FROM river_job ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var args []byte
		var turn turnRow
		if err := rows.Scan(&args, &turn.State, &turn.Tries); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(args, &turn); err != nil {
			t.Fatal(err)
		}
		list = append(list, turn)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestManyWorkersDoATurnOnce has three of them want each turn, one of which goes and comes.
func TestManyWorkersDoATurnOnce(t *testing.T) { storetest.Each(t, testManyWorkersDoATurnOnce) }

func testManyWorkersDoATurnOnce(t *testing.T) {
	place := storetest.Place(t)
	var done atomic.Int64
	round := try(time.Second, func(context.Context, time.Time) error {
		done.Add(1)
		return nil
	})
	stores := replicas(t, place, 3)
	var stops []func()
	for _, s := range stores {
		stops = append(stops, working(t, s, round))
	}
	for want := range int64(4) {
		for done.Load() <= want {
			<-time.After(20 * time.Millisecond)
		}
		stops[0]()
		stops[0] = working(t, stores[0], round)
	}
	for _, stop := range stops {
		stop()
	}
	seen := map[time.Time]bool{}
	worked := int64(0)
	for _, turn := range turns(t, storetest.Past(t, place)) {
		if seen[turn.Tick] {
			t.Errorf("turn %s is in the queue twice", turn.Tick)
		}
		seen[turn.Tick] = true
		switch turn.State {
		case "completed":
			worked++
			if turn.Tries != 1 {
				t.Errorf("turn %s was tried %d times", turn.Tick, turn.Tries)
			}
		case "available", "cancelled": // added as the last one stopped; overtaken on a slow machine
		default:
			t.Errorf("turn %s is %s", turn.Tick, turn.State)
		}
	}
	if worked != done.Load() {
		t.Errorf("%d turns, done %d times", worked, done.Load())
	}
	s := stores[0]
	known, err := s.Rounds(t.Context(), store.Region())
	if r := known["try"]; err != nil || r.DoneAt.IsZero() || r.Failing() {
		t.Errorf("the record says %+v, %v", r, err)
	}
	if known, err = s.Rounds(t.Context(), store.Only("690000013")); len(known) != 0 || err != nil {
		t.Errorf("an establishment reads the rounds of the region: %v, %v", known, err)
	}
}

// TestFailureIsToldAndRetried has a round fail once.
func TestFailureIsToldAndRetried(t *testing.T) { storetest.Each(t, testFailureIsToldAndRetried) }

func testFailureIsToldAndRetried(t *testing.T) {
	s := open(t, storetest.Place(t))
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
func TestStopFinishesWhatIsUnderWay(t *testing.T) { storetest.Each(t, testStopFinishesWhatIsUnderWay) }

func testStopFinishesWhatIsUnderWay(t *testing.T) {
	s := open(t, storetest.Place(t))
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
	storetest.Each(t, testRoundOfADeadWorkerIsDoneAgain)
}

func testRoundOfADeadWorkerIsDoneAgain(t *testing.T) {
	place := storetest.Place(t)
	where, err := json.Marshal(place)
	if err != nil {
		t.Fatal(err)
	}
	begun := filepath.Join(place.Folder, begunFile)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	victim := exec.CommandContext(t.Context(), program)
	victim.Env = append(os.Environ(), victimPlace+"="+string(where))
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
	s := open(t, place)
	again := make(chan struct{}, 10)
	stop := impatient(t, s, try(24*time.Hour, func(context.Context, time.Time) error {
		again <- struct{}{}
		return nil
	}))
	<-again
	waitFor(t, s, func(r store.Round) bool { return !r.DoneAt.IsZero() })
	stop()
	if len(again) > 0 {
		t.Errorf("it was done %d times more", len(again))
	}
}

// TestStopGivesBackWhatLasts: a round that would not end in time is told to, and another
// worker does it.
func TestStopGivesBackWhatLasts(t *testing.T) { storetest.Each(t, testStopGivesBackWhatLasts) }

func testStopGivesBackWhatLasts(t *testing.T) {
	s := open(t, storetest.Place(t))
	begun := make(chan struct{})
	long := try(24*time.Hour, func(ctx context.Context, _ time.Time) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})
	long.Takes = time.Hour
	stop := impatient(t, s, long)
	<-begun
	stop()
	known, err := s.Rounds(t.Context(), store.Region())
	if r := known["try"]; err != nil || !r.DoneAt.IsZero() || r.Failing() {
		t.Errorf("what was given back is told as %+v, %v", r, err)
	}
	working(t, s, try(24*time.Hour, func(context.Context, time.Time) error { return nil }))
	waitFor(t, s, func(r store.Round) bool { return !r.DoneAt.IsZero() })
}

// planned is a turn as a program adds it.
type planned struct {
	Round string    `json:"round"`
	Tick  time.Time `json:"tick"`
}

func (planned) Kind() string { return "round" }

// TestRoundOfANewerProgram is left to it by an older one, unless nobody took it in a day.
func TestRoundOfANewerProgram(t *testing.T) { storetest.Each(t, testRoundOfANewerProgram) }

func testRoundOfANewerProgram(t *testing.T) {
	place := storetest.Place(t)
	s := open(t, place)
	queue, err := s.OpenQueue(&river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	for _, tick := range []time.Time{now.Truncate(24 * time.Hour), now.Add(-25 * time.Hour)} {
		if _, err := queue.Insert(t.Context(), planned{"newer", tick}, nil); err != nil {
			t.Fatal(err)
		}
	}
	db := storetest.Past(t, place)
	state := func(turn int) string { return turns(t, db)[turn].State }
	older := impatient(t, s, try(24*time.Hour, func(context.Context, time.Time) error { return nil }))
	for state(1) != "cancelled" && t.Context().Err() == nil {
		<-time.After(50 * time.Millisecond)
	}
	older()
	if got := state(0); got != "available" && got != "scheduled" {
		t.Errorf("the turn of a newer program is %s", got)
	}
	done := make(chan struct{}, 10)
	newer := try(24*time.Hour, func(context.Context, time.Time) error {
		done <- struct{}{}
		return nil
	})
	newer.Name = "newer"
	impatient(t, s, newer)
	<-done
	for state(0) != "completed" && t.Context().Err() == nil {
		<-time.After(50 * time.Millisecond)
	}
}

func TestBadRoundsAreRefused(t *testing.T) {
	s := open(t, storetest.Place(t))
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
