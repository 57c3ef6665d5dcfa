// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"carescan/scanner"
)

// Leash is the network of one look. It ends with the look: what is open is
// closed and what is asked later is refused, whatever context the probe uses.
type Leash struct {
	scanner.Network
	life  context.Context
	mu    sync.Mutex
	conns []net.Conn // closed ones stay until the end; budgets bound them
	over  bool
}

// NewLeash lets a look use a network until its context ends or Release is
// called, whichever comes first.
func NewLeash(life context.Context, network scanner.Network) *Leash {
	l := &Leash{Network: network, life: life}
	context.AfterFunc(life, l.Release)
	return l
}

// DialContext connects for as long as the look lasts.
func (l *Leash) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := joined(ctx, l.life)
	defer cancel()
	if l.life.Err() != nil {
		return nil, refuse(scanner.RefusedStopped, address, "this look is over")
	}
	conn, err := l.Network.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if !l.hold(conn) {
		abort(conn)
		return nil, refuse(scanner.RefusedStopped, address, "this look is over")
	}
	return conn, nil
}

// Permits asks on behalf of the look.
func (l *Leash) Permits(ctx context.Context, host string) error {
	ctx, cancel := joined(ctx, l.life)
	defer cancel()
	return l.Network.Permits(ctx, host)
}

// Lookup asks on behalf of the look.
func (l *Leash) Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	ctx, cancel := joined(ctx, l.life)
	defer cancel()
	return l.Network.Lookup(ctx, host)
}

func (l *Leash) hold(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return false
	}
	l.conns = append(l.conns, conn)
	return true
}

// Release ends the look: it closes everything, and may be called again. It holds the lock to the
// end, so that whoever calls it finds everything closed.
func (l *Leash) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for _, c := range l.conns {
		abort(c)
	}
	l.conns = nil
}

// abort closes a connection, abruptly when the network knows how.
func abort(c net.Conn) {
	if abrupt, ok := c.(interface{ abort() }); ok {
		abrupt.abort()
		return
	}
	_ = c.Close() // most are closed already
}
