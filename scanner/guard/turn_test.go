// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
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
		g := newGuard(t, Config{Scope: hospital(), RatePerHost: 1, Redirects: map[string]string{
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
			Scope: hospital(), RatePerHost: 0.1, Quiet: []QuietHours{{"12:01", "13:00"}},
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

// turned is one who waits for a turn, and when it came.
type turned struct {
	who string
	at  time.Duration
}

// playTurns lets some ask, in their order, and tells in which order and when their
// turns came.
func playTurns(t *testing.T, names []string, ask func(name string) error) []turned {
	t.Helper()
	began := time.Now()
	came := make(chan turned, len(names))
	for _, name := range names {
		go func() {
			if err := ask(name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			came <- turned{name, time.Since(began)}
		}()
		synctest.Wait() // who asks next asks later
	}
	var all []turned
	for range names {
		all = append(all, <-came)
	}
	return all
}

// One queue for what begins: ports tried, hellos and requests, of whatever look, at
// one a second, first come first served.
func TestTurns_connectionsAndRequestsAreOneQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, Config{Scope: hospital(), RatePerHost: 1})
		h := g.host(netip.MustParseAddr("127.0.0.1"))
		got := playTurns(t, []string{"request", "hello", "request-2", "hello-2", "port", "request-3"}, func(name string) error {
			if strings.HasPrefix(name, "request") {
				return g.Pace(t.Context(), "127.0.0.1")
			}
			defer g.leave(h)
			return g.enter(t.Context(), h, "tcp", never)
		})
		want := []turned{
			{"request", 0},
			{"hello", time.Second},
			{"request-2", 2 * time.Second},
			{"hello-2", 3 * time.Second},
			{"port", 4 * time.Second},
			{"request-3", 5 * time.Second},
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(turned{})); diff != "" {
			t.Errorf("turns (-want +got):\n%s", diff)
		}
	})
}

// Who lacks a place lets those pass who need none, one of which may hold it; the
// place is then for the first who lacked it.
func TestTurns_aRequestPassesAConnectionThatLacksAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, Config{Scope: hospital(), RatePerHost: 1, ConcurrentPerHost: 1})
		h := g.host(netip.MustParseAddr("127.0.0.1"))
		got := playTurns(t, []string{"held", "second", "third", "request", "request-2"}, func(name string) error {
			if strings.HasPrefix(name, "request") {
				return g.Pace(t.Context(), "127.0.0.1")
			}
			err := g.enter(t.Context(), h, "tcp", never)
			time.AfterFunc(2500*time.Millisecond, func() { g.leave(h) })
			return err
		})
		want := []turned{
			{"held", 0},
			{"request", time.Second},
			{"request-2", 2 * time.Second},
			{"second", 3 * time.Second},
			{"third", 5500 * time.Millisecond},
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(turned{})); diff != "" {
			t.Errorf("turns (-want +got):\n%s", diff)
		}
	})
}

// The turn of a request is enough for the connection that it needs, of the same look,
// once, and until its second is over.
func TestTurns_aRequestCoversItsConnection(t *testing.T) {
	home := netip.MustParseAddr("127.0.0.1")
	connect := func(g *Guard, l *Leash) {
		h := g.host(home)
		if err := g.enter(l.life, h, "tcp", coversOf(l.marked(l.life)).take(home)); err != nil {
			t.Error(err)
		}
		g.leave(h)
	}
	request := func(l *Leash) {
		if err := l.Pace(l.life, "127.0.0.1"); err != nil {
			t.Error(err)
		}
	}
	tests := []struct {
		name string
		play func(g *Guard, mine, other *Leash)
		want time.Duration // when it ends
	}{
		{"the-connection-of-a-request", func(g *Guard, mine, _ *Leash) { request(mine); connect(g, mine) }, 0},
		{"one-more-connection", func(g *Guard, mine, _ *Leash) { request(mine); connect(g, mine); connect(g, mine) }, time.Second},
		{"the-connection-of-another-look", func(g *Guard, mine, other *Leash) { request(mine); connect(g, other) }, time.Second},
		{"a-request-after-a-connection", func(g *Guard, mine, _ *Leash) { connect(g, mine); request(mine) }, time.Second},
		{"each-request-its-own", func(g *Guard, mine, _ *Leash) {
			for range 5 {
				request(mine)
				connect(g, mine)
			}
		}, 4 * time.Second},
		{"the-next-counts-from-the-connection", func(g *Guard, mine, other *Leash) {
			request(mine)
			<-time.After(600 * time.Millisecond)
			connect(g, mine)
			connect(g, other)
		}, 1600 * time.Millisecond},
		{"a-second-later-it-is-none", func(g *Guard, mine, other *Leash) {
			request(mine)
			<-time.After(time.Second)
			connect(g, other)
			connect(g, mine)
		}, 2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGuard(t, Config{Scope: hospital(), RatePerHost: 1})
				mine, other := NewLeash(t.Context(), g, scanner.Needs{}), NewLeash(t.Context(), g, scanner.Needs{})
				defer mine.Release()
				defer other.Release()
				began := time.Now()
				tt.play(g, mine, other)
				if took := time.Since(began); took != tt.want {
					t.Errorf("it took %s, want %s", took, tt.want)
				}
			})
		})
	}
}

// UDP goes apart: five packets for one turn, and each packet of a socket counts.
func TestTurns_packetsGoApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, Config{Scope: hospital(), RatePerHost: 1, ConcurrentPerHost: 64})
		h := g.host(netip.MustParseAddr("127.0.0.1"))
		if err := g.Pace(t.Context(), "127.0.0.1"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		near, far := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, far) }()
		opened, err := g.adopt(near, func() {})
		if err != nil {
			t.Fatal(err)
		}
		defer opened.Close()
		for range 3 {
			if err := g.enter(t.Context(), h, "udp", never); err != nil {
				t.Fatal(err)
			}
		}
		g.spacePackets(opened, h, "udp") // the last of the three
		for range 8 {
			if _, err := opened.Write([]byte("question")); err != nil {
				t.Fatal(err)
			}
		}
		if took, want := time.Since(began), 9*200*time.Millisecond; took != want {
			t.Errorf("ten packets took %s, want %s: five a second", took, want)
		}
		if err := g.Pace(t.Context(), "127.0.0.1"); err != nil || time.Since(began) != 1800*time.Millisecond {
			t.Errorf("a request after them came at %s (%v), want it at once", time.Since(began), err)
		}
	})
}

// A turn whose owner has gone is left to the next, and a place too.
func TestTurns_whoLeavesKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, Config{Scope: hospital(), RatePerHost: 1, ConcurrentPerHost: 1})
		h := g.host(netip.MustParseAddr("127.0.0.1"))
		if err := g.Pace(t.Context(), "127.0.0.1"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		gone, leave := context.WithCancel(t.Context())
		left := make(chan error, 9)
		for range 9 {
			go func() { left <- g.enter(gone, h, "tcp", never) }()
		}
		synctest.Wait()
		leave()
		for range 9 {
			if err := <-left; !errors.Is(err, context.Canceled) {
				t.Errorf("who left hears %v, want %v", err, context.Canceled)
			}
		}
		if err := g.enter(t.Context(), h, "tcp", never); err != nil || time.Since(began) != time.Second {
			t.Errorf("the next turn came after %s (%v), want one second", time.Since(began), err)
		}
		g.leave(h)
		wantNoPlaceTaken(t, g)
	})
}

// The time that a target is given runs once its turn has come, however many are
// before.
func TestTurns_takeNothingFromTheTimeOfTheTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, Config{Scope: hospital(), RatePerHost: 1})
		h := g.host(netip.MustParseAddr("127.0.0.1"))
		for range 60 {
			go func() {
				if err := g.Pace(t.Context(), "127.0.0.1"); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		began := time.Now()
		ctx, cancel := scanner.WithPatience(t.Context(), 10*time.Second)
		defer cancel()
		if err := g.enter(ctx, h, "tcp", never); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("the turn came after %s, want one minute", waited)
		}
		<-ctx.Done()
		if took := time.Since(began); took != 70*time.Second {
			t.Errorf("the exchange ended after %s, want its ten seconds after the turn", took)
		}
		g.leave(h)
	})
}

// TestTurns_holdWhateverComes lets hundreds ask at random, some of whom give up: what
// begins at an address begins a second apart, no more than two are open there, and
// whoever stays is served.
func TestTurns_holdWhateverComes(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			g := newGuard(t, Config{Scope: hospital(), RatePerHost: 1, Redirects: map[string]string{
				"both.chu.test:80": "127.0.0.1:80", "both.chu.test:443": "127.0.0.2:443",
			}})
			addrs := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}
			var mu sync.Mutex
			begun, most := map[netip.Addr][]time.Time{}, 0
			begins := func(h *host, at ...netip.Addr) {
				mu.Lock()
				defer mu.Unlock()
				for _, a := range at {
					begun[a] = append(begun[a], time.Now())
				}
				if h != nil {
					g.mu.Lock()
					most = max(most, h.open)
					g.mu.Unlock()
				}
			}
			chance := rand.New(rand.NewPCG(seed, 35))
			var looks sync.WaitGroup
			for range 200 {
				after, holds := time.Duration(chance.IntN(60_000))*time.Millisecond, time.Duration(chance.IntN(3000))*time.Millisecond
				gives, kind, at := chance.IntN(4) == 0, chance.IntN(4), addrs[chance.IntN(2)]
				looks.Go(func() {
					<-time.After(after)
					ctx, leave := context.WithCancel(t.Context())
					defer leave()
					if gives {
						defer time.AfterFunc(holds, leave).Stop()
					}
					h := g.host(at)
					switch kind {
					case 0:
						if g.Pace(ctx, "both.chu.test") == nil {
							begins(nil, addrs...)
						}
					case 1:
						if g.Pace(ctx, at.String()) == nil {
							begins(nil, at)
						}
					default:
						if g.enter(ctx, h, "tcp", never) == nil {
							begins(h, at)
							<-time.After(holds)
							g.leave(h)
						}
					}
				})
			}
			looks.Wait()
			for at, times := range begun {
				for i := range times[1:] {
					if apart := times[i+1].Sub(times[i]); apart < time.Second {
						t.Errorf("seed %d: two begin %s apart at %s", seed, apart, at)
					}
				}
			}
			g.mu.Lock()
			waiting := len(g.line)
			g.mu.Unlock()
			if most != 2 || waiting != 0 {
				t.Errorf("seed %d: %d were open at once, %d still wait", seed, most, waiting)
			}
			wantNoPlaceTaken(t, g)
		})
	}
}

// TestTurns_aLateRequestDelaysTheNext: a request is sent when its handshake is over, or
// when a busy machine comes to it, and the next one, of any look, a second after that; a
// server that has us say more and more holds up nobody.
func TestTurns_aLateRequestDelaysTheNext(t *testing.T) {
	for name, test := range map[string]struct {
		words int // said before the request, 400 ms apart
		late  time.Duration
		want  time.Duration
	}{
		"in-clear": {0, 0, time.Second}, "tls-1.3": {1, 0, 1400 * time.Millisecond}, "tls-1.2": {2, 0, 1800 * time.Millisecond},
		"kept": {0, 250 * time.Millisecond, 1250 * time.Millisecond}, "endless": {20, 0, 2200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGuard(t, Config{Scope: hospital(), RatePerHost: 1})
				h, l := g.host(netip.MustParseAddr("127.0.0.1")), NewLeash(t.Context(), g, scanner.Needs{})
				defer l.Release()
				ours, theirs := net.Pipe()
				defer ours.Close()
				go func() { _, _ = io.Copy(io.Discard, theirs) }()
				opened := &conn{Conn: ours, spoke: func() { g.postpone(&h.tcp, &l.covers) }}
				if err := l.Pace(t.Context(), "127.0.0.1"); err != nil {
					t.Fatal(err)
				}
				began, next := time.Now(), make(chan time.Duration, 1)
				go func() {
					if err := g.Pace(t.Context(), "127.0.0.1"); err != nil {
						t.Error(err)
					}
					next <- time.Since(began)
				}()
				<-time.After(test.late)
				for range test.words {
					_, _ = opened.Write([]byte("hello"))
					<-time.After(400 * time.Millisecond)
				}
				_, _ = opened.Write([]byte("request"))
				if got := <-next; got != test.want {
					t.Errorf("the next request has its turn after %s, want %s", got, test.want)
				}
			})
		})
	}
}

// TestTurns_firstWordsMoveTheNextTurn: over a real connection, with a request's turn or its
// own, what is said late counts from when it is said.
func TestTurns_firstWordsMoveTheNextTurn(t *testing.T) {
	t.Parallel()
	const turn, late = 400 * time.Millisecond, 200 * time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for name, asked := range map[string]bool{"for-a-request": true, "of-its-own": false} {
		g := newGuard(t, Config{Scope: hospital(), RatePerHost: 1 / turn.Seconds(), Redirects: map[string]string{"www.chu.test:443": listener.Addr().String()}})
		l := NewLeash(t.Context(), g, scanner.Needs{})
		if asked {
			if err := l.Pace(t.Context(), "www.chu.test"); err != nil {
				t.Fatal(err)
			}
		}
		conn, err := l.DialContext(t.Context(), "tcp", "www.chu.test:443")
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(late)
		said := time.Now()
		if _, err := conn.Write([]byte("request")); err != nil {
			t.Fatal(err)
		}
		if err := l.Pace(t.Context(), "www.chu.test"); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(said); waited < turn {
			t.Errorf("%s: the next turn came %s after the request, want %s", name, waited, turn)
		}
		l.Release()
	}
}
