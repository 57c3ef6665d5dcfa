// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"carescan/scanner"
)

// lane spaces what is sent to one address by one transport.
type lane struct {
	next  time.Time     // when one more may begin
	every time.Duration // between two of them
}

// turn is what a connection, a request or a packet waits for: a moment at every
// address that it may go to and, for a connection, a place there. Turns come first
// come, first served; who lacks a place only is overtaken by those who need none, for
// a place may be held by one of them.
type turn struct {
	lanes []*lane
	place *host // a connection takes a place there
	// covered tells until when a turn had before is enough.
	covered time.Time
	come    chan struct{} // closed when it has come
	came    time.Time     // then
}

// await waits until a turn comes. The time-outs of whoever asks stand still: this is
// our own courtesy. A turn that cannot come before the deadline is refused at once.
func (g *Guard) await(ctx context.Context, t *turn) error {
	defer scanner.Hold(ctx)()
	t.come = make(chan struct{})
	g.mu.Lock()
	if deadline, bounded := ctx.Deadline(); bounded && deadline.Before(g.soonest(t)) {
		g.mu.Unlock()
		return kept(context.DeadlineExceeded)
	}
	g.line = append(g.line, t)
	g.advance()
	g.mu.Unlock()
	select {
	case <-t.come:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-t.come: // meanwhile, and nobody is there to use it
		if t.place != nil {
			t.place.open--
		}
	default:
		g.line = slices.DeleteFunc(g.line, func(other *turn) bool { return other == t })
	}
	g.advance()
	return kept(ctx.Err())
}

// soonest is when a turn comes if all those before it come, and none lacks a place.
func (g *Guard) soonest(t *turn) time.Time {
	now := time.Now()
	if now.Before(t.covered) {
		return now
	}
	soonest := now
	for _, l := range t.lanes {
		at := latest(now, l.next)
		for _, before := range g.line {
			if slices.Contains(before.lanes, l) {
				at = at.Add(l.every)
			}
		}
		soonest = latest(soonest, at)
	}
	return soonest
}

// advance lets every turn come that may now, in order, and is called again when
// the next one may.
func (g *Guard) advance() {
	now := time.Now()
	var next time.Time
	spoken := map[*lane]bool{} // one before waits for its moment there
	waiting := g.line[:0]
	for _, t := range g.line {
		if t.place != nil && t.place.open >= g.config.ConcurrentPerHost {
			waiting = append(waiting, t)
			continue
		}
		at, free := t.moment(now), !slices.ContainsFunc(t.lanes, func(l *lane) bool { return spoken[l] })
		if now.Before(t.covered) || free && !at.After(now) {
			t.begin(now)
			continue
		}
		if free && (next.IsZero() || at.Before(next)) {
			next = at
		}
		for _, l := range t.lanes {
			spoken[l] = true
		}
		waiting = append(waiting, t)
	}
	clear(g.line[len(waiting):])
	g.line = waiting
	if g.bell != nil {
		g.bell.Stop()
	}
	if next.IsZero() {
		return
	}
	g.bell = time.AfterFunc(next.Sub(now), func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.advance()
	})
}

// moment is when all the lanes of a turn are free.
func (t *turn) moment(now time.Time) time.Time {
	at := now
	for _, l := range t.lanes {
		at = latest(at, l.next)
	}
	return at
}

// begin lets a turn come. Whoever comes after counts from now, covered or not.
func (t *turn) begin(now time.Time) {
	for _, l := range t.lanes {
		l.next = now.Add(l.every)
	}
	if t.place != nil {
		t.place.open++
	}
	t.came = now
	close(t.come)
}

// postpone makes whoever comes after count from now, when what was just said belongs to
// the request of a turn.
func (g *Guard) postpone(l *lane, c *covers) {
	if !c.speak() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l.next = latest(l.next, time.Now().Add(l.every)) // the bell of those who wait rings, and is set again
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// kept says that our own courtesy, and not the host, took all the time given.
func kept(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return scanner.NotSeen(scanner.CauseLate, nil, err)
}

// Pace waits until one more request may be sent to the addresses of a host. A
// request goes to one of them, and nobody knows which before it is dialled: it
// counts at all of them. The connection that it may need is covered by its turn,
// when the same leash makes it next and at once.
func (g *Guard) Pace(ctx context.Context, host string) error {
	ctx, cancel := joined(ctx, g.life)
	defer cancel()
	if err := g.open(host); err != nil {
		return err
	}
	routes, err := g.ways(ctx, host, anyPort)
	if err != nil {
		return g.orStopped(err, host)
	}
	addrs := addresses(routes)
	t := &turn{}
	for _, addr := range addrs {
		t.lanes = append(t.lanes, &g.host(addr).tcp)
	}
	if err := g.await(ctx, t); err != nil {
		return g.orStopped(fmt.Errorf("wait for the turn of a request to %s: %w", host, err), host)
	}
	coversOf(ctx).add(addrs, t.came.Add(g.every(1)))
	return g.open(host) // quiet hours may have begun meanwhile
}

// covers are the turns that the requests of one look had, by address: each is enough
// for one connection until it ends. Nil holds none and takes none.
type covers struct {
	mu    sync.Mutex
	until map[netip.Addr]time.Time
	words int // that may still belong to the last request
}

// requestWords is how many writes end with a request: a hello, a second one (RFC 8446
// section 4.1.4), the end of the handshake, the request. Over a connection that was kept
// the first one is the request. More would let a server that makes us answer (RFC
// 8446 section 4.6.3) hold up the looks at its own address.
const requestWords = 4

// coversKey finds the covers of a look. Only a leash can set them.
type coversKey struct{}

func coversOf(ctx context.Context) *covers {
	c, _ := ctx.Value(coversKey{}).(*covers)
	return c
}

func (c *covers) add(addrs []netip.Addr, until time.Time) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.words = requestWords
	if c.until == nil {
		c.until = map[netip.Addr]time.Time{}
	}
	for _, addr := range addrs {
		c.until[addr] = until
	}
}

// speak takes one of the words of a request, if any is left.
func (c *covers) speak() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.words--
	return c.words >= 0
}

// take uses the cover of an address up, and is in the past when there is none.
func (c *covers) take(addr netip.Addr) (until time.Time) {
	if c == nil {
		return until
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	until = c.until[addr]
	delete(c.until, addr)
	return until
}
