// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"carescan/scanner"
	"carescan/scanner/question"
)

// Leash is the network of one look. It ends with the look, whatever context the
// probe uses: what is open is closed, what is under way (dials, waits, questions
// about names and registries) is cut, and what is asked later is refused.
type Leash struct {
	network scanner.Network
	ports   bool   // the look is one at ports
	covers  covers // turns that the connections of its requests need no other for
	life    context.Context
	end     context.CancelFunc
	mu      sync.Mutex
	over    bool
	conns   []net.Conn     // closed ones stay until the end; budgets bound them
	ways    sync.WaitGroup // calls under way; none begins once over is set
}

var _ interface {
	scanner.Network
	scanner.Questioner
} = (*Leash)(nil)

// NewLeash lets a look, which has its needs, use a network until its context ends or
// Release is called, whichever comes first.
func NewLeash(life context.Context, network scanner.Network, needs scanner.Needs) *Leash {
	life, end := context.WithCancel(life)
	l := &Leash{network: network, ports: needs.Ports, life: life, end: end}
	context.AfterFunc(life, l.Release)
	return l
}

// DialContext connects for as long as the look lasts.
func (l *Leash) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return during(ctx, l, address, func(ctx context.Context) (net.Conn, error) {
		return l.held(address)(l.network.DialContext(l.marked(ctx), network, address))
	})
}

// Ask puts a DNS question for as long as the look lasts.
func (l *Leash) Ask(ctx context.Context, transport, address string, raw []byte) (scanner.Heard, error) {
	return during(ctx, l, address, func(ctx context.Context) (scanner.Heard, error) {
		return question.Put(l.marked(ctx), l.network, transport, address, raw)
	})
}

// DialAuthority connects for as long as the look lasts, when the network leads to
// authorities.
func (l *Leash) DialAuthority(ctx context.Context, address string) (net.Conn, error) {
	network, ok := l.network.(scanner.AuthorityDialer)
	if !ok {
		return nil, refuse(scanner.RefusedOutOfScope, address, "authorities are not asked about revocation")
	}
	return during(ctx, l, address, func(ctx context.Context) (net.Conn, error) {
		return l.held(address)(network.DialAuthority(ctx, address))
	})
}

// held keeps a connection just made until the end of the look, or ends it when that
// has come already.
func (l *Leash) held(address string) func(net.Conn, error) (net.Conn, error) {
	return func(conn net.Conn, err error) (net.Conn, error) {
		if err != nil {
			return nil, err
		}
		if !l.hold(conn) {
			abort(conn)
			return nil, lookOver(address)
		}
		return conn, nil
	}
}

// marked tells the guard of a look at ports, and of the turns that this look had.
func (l *Leash) marked(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, coversKey{}, &l.covers)
	if !l.ports {
		return ctx
	}
	return context.WithValue(ctx, portLook{}, true)
}

// Permits asks on behalf of the look.
func (l *Leash) Permits(ctx context.Context, host string) error {
	_, err := during(ctx, l, host, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, l.network.Permits(ctx, host)
	})
	return err
}

// Pace waits on behalf of the look.
func (l *Leash) Pace(ctx context.Context, host string) error {
	_, err := during(ctx, l, host, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, l.network.Pace(l.marked(ctx), host)
	})
	return err
}

// Lookup asks on behalf of the look.
func (l *Leash) Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	return during(ctx, l, host, func(ctx context.Context) ([]netip.Addr, error) { return l.network.Lookup(ctx, host) })
}

// Parents asks on behalf of the look.
func (l *Leash) Parents(ctx context.Context, domain string) ([]netip.AddrPort, error) {
	return during(ctx, l, domain, func(ctx context.Context) ([]netip.AddrPort, error) { return l.network.Parents(ctx, domain) })
}

// Intrusive never allows anything once the look is over.
func (l *Leash) Intrusive() error {
	if l.life.Err() != nil {
		return lookOver("a target")
	}
	return l.network.Intrusive()
}

// Resolvers lists resolvers, which can be dialled as long as the look lasts.
func (l *Leash) Resolvers() []netip.AddrPort { return l.network.Resolvers() }

// UserAgent is that of the network.
func (l *Leash) UserAgent() string { return l.network.UserAgent() }

// during makes a call that ends with the look at the latest. What the call
// brings after that is dropped.
func during[T any](ctx context.Context, l *Leash, address string, call func(context.Context) (T, error)) (T, error) {
	var none T
	if !l.begin() {
		return none, lookOver(address)
	}
	defer l.ways.Done()
	ctx, cancel := joined(ctx, l.life)
	defer cancel()
	result, err := call(ctx)
	if l.life.Err() != nil {
		return none, lookOver(address)
	}
	return result, err
}

// begin counts a call, unless the look is over.
func (l *Leash) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over || l.life.Err() != nil {
		return false
	}
	l.ways.Add(1)
	return true
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

// Release ends the look, and may be called again. When it returns, everything is
// closed, no call is under way, and nothing is sent any more.
func (l *Leash) Release() {
	l.close()
	l.ways.Wait()
}

// close holds the lock to the end, so that whoever comes second finds everything
// closed.
func (l *Leash) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	l.end()
	for _, c := range l.conns {
		abort(c)
	}
	l.conns = nil
}

func lookOver(address string) error {
	return refuse(scanner.RefusedStopped, address, "this look is over")
}

// abort closes a connection, abruptly when the network knows how.
func abort(c net.Conn) {
	if abrupt, ok := c.(interface{ abort() }); ok {
		abrupt.abort()
		return
	}
	_ = c.Close() // most are closed already
}
