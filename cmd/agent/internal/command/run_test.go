// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"

	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/agent/internal/schedule"
	"carescan/cmd/agent/internal/spool"
	"carescan/reports/bundle"
	"carescan/scanner"
)

// hourly is a daemon that runs every hour, over a real spool, in virtual time.
type hourly struct {
	t      *testing.T
	folder string
	spool  *spool.Spool
	daemon *daemon

	mu     sync.Mutex
	key    crypto.Signer
	looked []string // ids of the runs
}

func newHourly(t *testing.T) *hourly {
	t.Helper()
	h := &hourly{t: t, folder: t.TempDir(), key: newKey(t)}
	s, err := spool.Open(h.folder)
	if err != nil {
		t.Fatal(err)
	}
	h.spool = s
	wake := make(chan struct{}, 1)
	seal := func(run scanner.Run) (spool.Sealed, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		return runner.Seal(h.spool, h.key, "agent-1", run)
	}
	h.daemon = &daemon{look: h.look, keeper: &keeper{seal: seal, wake: wake}, wake: wake}
	return h
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// look is a run of five minutes that saw one person.
func (h *hourly) look(ctx context.Context) (scanner.Run, error) {
	started := time.Now().UTC()
	pass(ctx, 5*time.Minute)
	run := scanner.Run{
		Schema: scanner.RunSchema, ID: uuid.Must(uuid.NewV7()).String(), Started: started, Ended: time.Now().UTC(),
		Status: scanner.RunComplete, Names: map[string]string{"p-1": "alice"},
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looked = append(h.looked, run.ID)
	return run, nil
}

// runs are the ids of the runs so far.
func (h *hourly) runs() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.looked)
}

// useKey changes the key that seals.
func (h *hourly) useKey(key crypto.Signer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.key = key
}

func pass(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// live lets the daemon run; during is what happens meanwhile.
func (h *hourly) live(during func()) {
	ctx, stop := context.WithCancel(h.t.Context())
	rhythm, err := schedule.Start(clockwork.NewRealClock(), "chu", time.Hour, h.daemon.runOnce)
	if err != nil {
		h.t.Fatal(err)
	}
	go h.daemon.keeper.again(ctx)
	during()
	if err := rhythm.Stop(); err != nil {
		h.t.Error(err)
	}
	stop()
	h.daemon.keeper.close()
}

// block puts a file where a folder of the spool is, as no room and no right
// would; the tests run with every right.
func (h *hourly) block(folder string) (unblock func()) {
	h.t.Helper()
	path := filepath.Join(h.folder, folder)
	if err := os.Rename(path, path+".away"); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		h.t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			h.t.Fatal(err)
		}
		if err := os.Rename(path+".away", path); err != nil {
			h.t.Fatal(err)
		}
	}
}

// wantSealed demands exactly one bundle of each of these runs, in their order.
func (h *hourly) wantSealed(runs []string) {
	h.t.Helper()
	waiting, err := h.spool.Waiting()
	if err != nil {
		h.t.Fatal(err)
	}
	var sealed []string
	for i, entry := range waiting {
		raw, err := os.ReadFile(entry.Path)
		if err != nil {
			h.t.Fatal(err)
		}
		opened, err := bundle.Open(raw, bundle.Options{})
		if err != nil {
			h.t.Fatal(err)
		}
		if opened.Header.Seq != uint64(i+1) {
			h.t.Errorf("bundle %d has number %d: a number was lost", i+1, opened.Header.Seq)
		}
		sealed = append(sealed, opened.Run.ID)
	}
	if diff := cmp.Diff(runs, sealed); diff != "" {
		h.t.Errorf("runs sealed (-want +got):\n%s", diff)
	}
}

// wantEverySlot demands that no slot was skipped.
func (h *hourly) wantEverySlot(hours int) {
	h.t.Helper()
	if n := len(h.runs()); n != hours {
		h.t.Errorf("%d runs in %d hours: a slot was skipped", n, hours)
	}
}

// TestFirstLookIsNow lets a daemon look at once when no run is recorded, and at its
// own moment only when one is.
func TestFirstLookIsNow(t *testing.T) {
	for name, c := range map[string]struct {
		before func(*testing.T, *desk)
		runs   int // in the first minute
	}{
		"never-looked": {func(*testing.T, *desk) {}, 1},
		"remembered":   {func(t *testing.T, d *desk) { keepRun(t, d, d.newRun()) }, 0},
		"sealed-only":  {func(t *testing.T, d *desk) { sealOnly(t, d) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := deskOf(t, t.TempDir(), "990000028")
				c.before(t, d)
				h := newHourly(t)
				h.daemon.desk = d
				rhythm, err := schedule.Start(clockwork.NewRealClock(), "chu", 24*time.Hour, h.daemon.runOnce)
				if err != nil {
					t.Fatal(err)
				}
				if err := h.daemon.begin(t.Context(), rhythm); err != nil {
					t.Fatal(err)
				}
				pass(t.Context(), 6*time.Minute)
				if n := len(h.runs()); n != c.runs {
					t.Errorf("%d runs at start, want %d", n, c.runs)
				}
				pass(t.Context(), 24*time.Hour)
				if n := len(h.runs()); n != c.runs+1 {
					t.Errorf("%d runs after a day, want %d", n, c.runs+1)
				}
				if err := rhythm.Stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestDaemonOutlivesADiskThatRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHourly(t)
		h.live(func() {
			unblock := h.block("outbox")
			pass(t.Context(), 5*time.Hour)
			if waiting, err := h.daemon.keeper.state(); waiting != maxUnsealed || err == nil {
				t.Errorf("%d runs wait, %v, want the latest %d and a reason", waiting, err, maxUnsealed)
			}
			unblock()
			pass(t.Context(), 2*keepAgain) // no slot is needed to seal what waits
			if waiting, err := h.daemon.keeper.state(); waiting != 0 || err != nil {
				t.Errorf("%d runs wait, %v, once the disk has room", waiting, err)
			}
			pass(t.Context(), 3*time.Hour)
		})
		h.wantEverySlot(8)
		h.wantSealed(h.runs()[5-maxUnsealed:])
	})
}

func TestDaemonNeverRepeatsASealThatCannotSucceed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHourly(t)
		damaged := newKey(t)
		damaged.D = new(big.Int).Add(damaged.D, big.NewInt(1)) //nolint:staticcheck // a key damaged on disk has no other way in
		good := h.key
		var tries atomic.Int32
		seal := h.daemon.keeper.seal
		h.daemon.keeper.seal = func(run scanner.Run) (spool.Sealed, error) {
			tries.Add(1)
			return seal(run)
		}
		h.useKey(damaged)
		h.live(func() {
			pass(t.Context(), 3*time.Hour)
			if waiting, err := h.daemon.keeper.state(); waiting != 0 || err == nil {
				t.Errorf("%d runs wait, %v, want none and a reason", waiting, err)
			}
			if n := len(h.runs()); int(tries.Load()) != n {
				t.Errorf("%d tries for %d runs", tries.Load(), n)
			}
			h.useKey(good)
			pass(t.Context(), 2*time.Hour)
		})
		h.wantEverySlot(5)
		h.wantSealed(h.runs()[3:])
	})
}

func TestDaemonSealsOnceWithoutNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHourly(t)
		h.live(func() {
			unblock := h.block("local")
			pass(t.Context(), 3*time.Hour)
			unblock()
			pass(t.Context(), time.Hour)
		})
		h.wantEverySlot(4)
		h.wantSealed(h.runs())
		if names, err := h.spool.Names(h.runs()[0]); len(names) > 0 || err != nil {
			t.Errorf("names of the first run = %v, %v, want none", names, err)
		}
		if names, err := h.spool.Names(h.runs()[3]); len(names) != 1 || err != nil {
			t.Errorf("names of the last run = %v, %v, want them", names, err)
		}
	})
}

func TestEndingTriesOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHourly(t)
		h.live(func() {
			unblock := h.block("outbox")
			pass(t.Context(), time.Hour+keepAgain/2)
			unblock()
		})
		h.wantSealed(h.runs())
	})
}
