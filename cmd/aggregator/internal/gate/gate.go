// SPDX-License-Identifier: Apache-2.0

// Package gate is the door of a listener: how many connections may be open, of one
// address before they prove who they are, and of one party once they have. A
// connection that asks nothing gives its place to one that comes.
package gate

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Limits are the bounds of a gate.
type Limits struct {
	All    int           // connections at once
	Origin int           // of one origin, of those whose party is not known
	Party  int           // of one known party
	First  time.Duration // from the connection to the end of the head of its first request
}

// Listener lets in the connections of another listener.
type Listener struct {
	net.Listener
	limits Limits
	mutex  sync.Mutex
	inside map[*conn]bool
	freed  chan struct{} // a place may be free
	closed chan struct{}
	once   sync.Once
}

// New puts a gate before a listener. Without Attend, every connection is taken for one
// that asks nothing.
func New(listener net.Listener, limits Limits) *Listener {
	return &Listener{
		Listener: listener, limits: limits, inside: map[*conn]bool{},
		freed: make(chan struct{}, 1), closed: make(chan struct{}),
	}
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		inner, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: inner, gate: l, origin: Origin(inner.RemoteAddr().String()), since: time.Now()}
		if l.enter(c) {
			return c, nil
		}
		_ = inner.Close() // whoever floods learns nothing
	}
}

// Close implements net.Listener.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// enter finds a place for a connection; when all are at work, it waits for one.
func (l *Listener) enter(c *conn) bool {
	for {
		evicted, entered, full := l.place(c)
		if evicted != nil {
			_ = evicted.Close() // its server goes on closing it
		}
		if entered || !full {
			return entered
		}
		select {
		case <-l.freed:
		case <-l.closed:
			return false
		}
	}
}

// place gives a connection a place, and tells which one it took it from. Full says that
// no place is left for anybody; otherwise a refusal is for that origin.
func (l *Listener) place(c *conn) (evicted *conn, entered, full bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	strangers := map[string]int{}
	for other := range l.inside {
		if other.party == "" {
			strangers[other.origin]++
		}
	}
	switch {
	case strangers[c.origin] >= l.limits.Origin:
		if evicted = l.waiting(func(o *conn) bool { return o.party == "" && o.origin == c.origin }); evicted == nil {
			return nil, false, false
		}
	case len(l.inside) >= l.limits.All:
		if evicted = l.leastMissed(strangers); evicted == nil {
			return nil, false, true
		}
	}
	delete(l.inside, evicted)
	l.inside[c] = true
	c.first = time.AfterFunc(l.limits.First, c.expire)
	return evicted, true, false
}

// leastMissed is the connection to let go of when there is no place: one of the origin
// that has the most of those that nobody answers for, else one that is known.
func (l *Listener) leastMissed(strangers map[string]int) *conn {
	var found *conn
	for c := range l.inside {
		if c.party == "" && c.busy == 0 && (found == nil || strangers[c.origin] > strangers[found.origin]) {
			found = c
		}
	}
	if found == nil {
		return l.waiting(func(*conn) bool { return true })
	}
	return l.waiting(func(c *conn) bool { return c.party == "" && c.origin == found.origin })
}

// waiting is the one that has asked nothing for the longest time among some.
func (l *Listener) waiting(among func(*conn) bool) (found *conn) {
	for c := range l.inside {
		if c.busy == 0 && among(c) && (found == nil || c.since.Before(found.since)) {
			found = c
		}
	}
	return found
}

// know counts a connection for its party from now on, no more for its origin; false
// when the party has too many that are all at work.
func (l *Listener) know(c *conn, party string) bool {
	l.mutex.Lock()
	evicted, ok := l.change(c, party)
	l.mutex.Unlock()
	if evicted != nil {
		_ = evicted.Close() // its server goes on closing it
	}
	return ok
}

func (l *Listener) change(c *conn, party string) (evicted *conn, ok bool) {
	if c.party == party {
		return nil, true
	}
	of := func(o *conn) bool { return o.party == party }
	held := 0
	for other := range l.inside {
		if of(other) {
			held++
		}
	}
	if held >= l.limits.Party {
		if evicted = l.waiting(of); evicted == nil {
			return nil, false
		}
		delete(l.inside, evicted)
	}
	c.party = party
	return evicted, true
}

func (l *Listener) leave(c *conn) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.inside, c)
	c.first.Stop()
	l.free()
}

// free wakes whoever waits for a place.
func (l *Listener) free() {
	select {
	case l.freed <- struct{}{}:
	default:
	}
}

// siteBits is what one site has at least of IPv6 addresses (RFC 6177 section 2): whoever
// has one may have them all.
const siteBits = 64

// Origin is what stands for whoever speaks from an address, with its port or without:
// the address itself, of IPv6 the network of its site.
func Origin(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		network, _ := ip.Prefix(siteBits) // 64 bits are always fewer than 128
		return network.String()
	}
	return ip.String()
}
