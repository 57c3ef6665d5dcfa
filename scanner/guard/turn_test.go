// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

// TestPace_countsEveryLookTogether sends requests to three names of two
// addresses, many at once, through leashes of their own: no address ever gets
// two within one second.
func TestPace_countsEveryLookTogether(t *testing.T) {
	const first, second = "127.0.0.1", "127.0.0.2"
	names := map[string][]string{
		"portal.chu.test": {first}, "forge.chu.test": {second},
		"www.chu.test": {first, second}, first: {first},
	}
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, Config{Scope: hospital(), RequestRatePerHost: 1, Redirects: map[string]string{
			"portal.chu.test:*": first, "forge.chu.test:*": second,
			"www.chu.test:443": first + ":443", "www.chu.test:80": second + ":80",
		}})
		began, mu := time.Now(), sync.Mutex{}
		sent := map[string][]time.Duration{} // by address, in order
		var looks sync.WaitGroup
		for name, addresses := range names {
			l := NewLeash(t.Context(), g, scanner.Needs{})
			for range 3 {
				looks.Go(func() {
					if err := l.Pace(t.Context(), name); err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					for _, a := range addresses {
						sent[a] = append(sent[a], time.Since(began))
					}
				})
			}
		}
		looks.Wait()
		for address, at := range sent {
			for i := range at[1:] {
				if at[i+1]-at[i] < time.Second {
					t.Errorf("%s gets requests at %v", address, at)
				}
			}
		}
		// A request to both addresses may have to wait for one of them.
		if last := slices.Max(sent[first]); len(sent[first]) != 9 || last > 11*time.Second {
			t.Errorf("%d requests at one per second end after %s, want nine within 11 s", len(sent[first]), last)
		}
	})
}

func TestPace_refuses(t *testing.T) {
	ns := startNameServer(t)
	ns.holds("out.chu.test A", "out.chu.test. 60 A 192.0.2.7")
	now := noon
	g := newGuard(t, Config{
		Scope: hospital(), Resolvers: []netip.AddrPort{ns.at}, Clock: func() time.Time { return now },
		Quiet: []QuietHours{{"13:00", "14:00"}},
	})
	for host, want := range map[string]scanner.RefusalCode{
		"www.other.test": scanner.RefusedOutOfScope, "out.chu.test": scanner.RefusedOutOfScope, "192.0.2.7": scanner.RefusedOutOfScope,
	} {
		t.Run(host, func(t *testing.T) { wantRefusal(t, g.Pace(t.Context(), host), want) })
	}
	now = noon.Add(time.Hour)
	wantRefusal(t, g.Pace(t.Context(), "127.0.0.1"), scanner.RefusedQuietHours)
	g.Stop()
	wantRefusal(t, g.Pace(t.Context(), "127.0.0.1"), scanner.RefusedStopped)
}

// Who waits must hear of what began meanwhile, and who cannot wait long enough
// takes no turn.
func TestPace_waits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, Config{
			Scope: hospital(), RequestRatePerHost: 0.1, Quiet: []QuietHours{{"12:01", "13:00"}},
			Clock: func() time.Time { return noon.Add(time.Since(epoch)) },
		})
		began := time.Now()
		if err := g.Pace(t.Context(), "127.0.0.1"); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		if err := g.Pace(short, "127.0.0.1"); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 0 {
			t.Errorf("error %v after %s, want %v at once", err, time.Since(began), context.DeadlineExceeded)
		}
		var turns []time.Duration
		for range 5 {
			if err := g.Pace(t.Context(), "127.0.0.1"); err != nil {
				t.Fatal(err)
			}
			turns = append(turns, time.Since(began)/time.Second)
		}
		if diff := cmp.Diff([]time.Duration{10, 20, 30, 40, 50}, turns); diff != "" {
			t.Errorf("turns, in seconds (-want +got):\n%s", diff)
		}
		wantRefusal(t, g.Pace(t.Context(), "127.0.0.1"), scanner.RefusedQuietHours)
	})
}

// epoch is when the clock of synctest begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
