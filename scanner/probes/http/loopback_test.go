// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"carescan/scanner"
)

const (
	host   = "www.chu.test"
	origin = "https://" + host
)

// loopback is a door to the servers of one test: it really dials them, under
// the names and ports they would have in the world, and refuses all the rest.
type loopback struct {
	routes    map[string]string // "host:port" → "127.0.0.1:port"
	permitted map[string]bool   // hosts a redirect may lead to
	nameless  bool              // no name has an address

	mu    sync.Mutex
	dials []string
}

func (l *loopback) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	l.dials = append(l.dials, address)
	l.mu.Unlock()
	real, known := l.routes[address]
	if !known {
		return nil, &scanner.Refusal{Code: scanner.RefusedOutOfScope, Address: address, Detail: "not in the test"}
	}
	var d net.Dialer
	return d.DialContext(ctx, network, real)
}

func (l *loopback) Permits(_ context.Context, name string) error {
	if !l.permitted[name] {
		return &scanner.Refusal{Code: scanner.RefusedOutOfScope, Address: name, Detail: "not in the test"}
	}
	return nil
}

func (l *loopback) Lookup(context.Context, string) ([]netip.Addr, error) {
	if l.nameless {
		return nil, nil
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

func (l *loopback) Resolvers() []netip.AddrPort                             { return nil }
func (*loopback) Parents(context.Context, string) ([]netip.AddrPort, error) { return nil, nil }
func (*loopback) Intrusive() error                                          { return nil }
func (l *loopback) UserAgent() string                                       { return "CareScan-test (+https://crrc.test/contact)" }

// dialled lists the addresses dialled so far.
func (l *loopback) dialled() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string{}, l.dials...)
}

// site starts the two sides of a web site: HTTPS and, unless nil, port 80.
func site(t *testing.T, secure, plain http.Handler) *loopback {
	t.Helper()
	l := &loopback{routes: map[string]string{}, permitted: map[string]bool{host: true}}
	l.routes[host+":443"] = start(t, httptest.NewUnstartedServer(secure), true)
	l.routes[host+":80"] = closedPort(t)
	if plain != nil {
		l.routes[host+":80"] = start(t, httptest.NewUnstartedServer(plain), false)
	}
	return l
}

// start starts a server, whose certificate nobody trusts when it has one.
func start(t *testing.T, s *httptest.Server, secure bool) string {
	t.Helper()
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// closedPort gives an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	return listener.Addr().String()
}

// raw starts a server that speaks whatever it likes.
func raw(t *testing.T, handle func(net.Conn)) string {
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
	return listener.Addr().String()
}
