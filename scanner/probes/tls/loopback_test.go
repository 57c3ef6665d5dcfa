// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"carescan/scanner"
)

// loopback is a door to one server of the test, which it really dials, under
// the name it would have in the world.
type loopback struct {
	address string // of the server; empty when the scope refuses it
	known   []netip.Addr
	dials   atomic.Int32
	allowed bool // looks of level P3
}

const service = "www.chu.test"

func (l *loopback) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if address != service+":443" || l.address == "" {
		return nil, &scanner.Refusal{Code: scanner.RefusedOutOfScope, Address: address}
	}
	l.dials.Add(1)
	var d net.Dialer
	return d.DialContext(ctx, network, l.address)
}

func (l *loopback) Permits(context.Context, string) error { return nil }
func (l *loopback) Lookup(context.Context, string) ([]netip.Addr, error) {
	return l.known, nil
}
func (l *loopback) Resolvers() []netip.AddrPort                             { return nil }
func (*loopback) Parents(context.Context, string) ([]netip.AddrPort, error) { return nil, nil }
func (l *loopback) UserAgent() string                                       { return "CareScan-test" }

func (l *loopback) Intrusive() error {
	if l.allowed {
		return nil
	}
	return &scanner.Refusal{Code: scanner.RefusedIntrusive}
}

// serve accepts connections on a free port and hands them out, each to a
// goroutine, until the test ends.
func serve(t testing.TB, handle func(net.Conn)) *loopback {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
	return &loopback{address: listener.Addr().String(), known: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
}
