// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"
)

func TestFirstIsStableAndSpread(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	quarters := [4]int{}
	for i := range 400 {
		name := fmt.Sprintf("establishment %d", i)
		first := First(name, 24*time.Hour, now)
		if !first.After(now) || first.Sub(now) > 24*time.Hour {
			t.Fatalf("first moment of %q is %v after now", name, first.Sub(now))
		}
		if again := First(name, 24*time.Hour, first.Add(time.Hour)); again.Sub(first) != 24*time.Hour {
			t.Fatalf("after a restart %q moves by %v", name, again.Sub(first))
		}
		quarters[int(first.Sub(now)/(6*time.Hour))%4]++
	}
	for _, n := range quarters {
		if n < 60 {
			t.Errorf("agents by quarter of the day = %v, want them spread", quarters)
		}
	}
}

func TestNeverTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most, runs atomic.Int32
		s, err := Start(clockwork.NewRealClock(), "chu", time.Hour, func(ctx context.Context) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			runs.Add(1)
			wait(ctx, 150*time.Minute) // longer than two periods
		})
		if err != nil {
			t.Fatal(err)
		}
		wait(t.Context(), 24*time.Hour)
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if most.Load() != 1 || runs.Load() < 6 || runs.Load() > 10 {
			t.Errorf("%d runs in a day, %d at once; want about eight, one at a time", runs.Load(), most.Load())
		}
	})
}

// TestNowLeavesTheRhythm runs at once, then at the moments of the name, never twice
// at once.
func TestNowLeavesTheRhythm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		first := First("chu", 24*time.Hour, started)
		var at []time.Duration
		var mu sync.Mutex
		s, err := Start(clockwork.NewRealClock(), "chu", 24*time.Hour, func(ctx context.Context) {
			mu.Lock()
			at = append(at, time.Since(started))
			mu.Unlock()
			wait(ctx, time.Hour)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Now(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if next, err := s.Next(); err != nil || !next.Equal(first) {
			t.Errorf("next run at %v, %v, want %v", next, err, first)
		}
		wait(t.Context(), 48*time.Hour)
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		want := []time.Duration{0, first.Sub(started), first.Sub(started) + 24*time.Hour}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
	})
}

func TestStopEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, ended := make(chan struct{}), make(chan struct{})
		s, err := Start(clockwork.NewRealClock(), "chu", time.Hour, func(ctx context.Context) {
			close(started)
			<-ctx.Done()
			close(ended)
		})
		if err != nil {
			t.Fatal(err)
		}
		<-started
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		<-ended
	})
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
