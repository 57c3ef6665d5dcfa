// SPDX-License-Identifier: Apache-2.0

package loopback

import (
	"net"
	"net/netip"
	"testing"

	"github.com/miekg/dns"

	"carescan/scanner/scannertest"
)

// Serve accepts connections until the end of the test, each in a goroutine of its
// own, and gives the address.
func Serve(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	listener := listen(t)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go func() { defer conn.Close(); handle(conn) }()
		}
	}()
	return listener.Addr().String()
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// ServeDNS answers questions over UDP and TCP, on one port, until the end of the
// test.
func ServeDNS(t testing.TB, handler dns.Handler) netip.AddrPort {
	t.Helper()
	packets, stream := ListenBoth(t)
	for _, s := range []*dns.Server{{PacketConn: packets, Handler: handler}, {Listener: stream, Handler: handler}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() { _ = s.ActivateAndServe() }() // ends with Shutdown
		<-started
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return netip.MustParseAddrPort(stream.Addr().String())
}

// Reply is a resolver that answers every question with a message that a test
// changes.
func Reply(change func(m *dns.Msg)) dns.HandlerFunc {
	return func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		change(m)
		_ = w.WriteMsg(m) // the asker may be gone
	}
}

// Free is an address where nobody listens, over UDP nor TCP.
func Free(t testing.TB) netip.AddrPort {
	t.Helper()
	packets, stream := ListenBoth(t)
	packets.Close()
	stream.Close()
	return netip.MustParseAddrPort(stream.Addr().String())
}

// ListenBoth takes one port for both transports.
func ListenBoth(t testing.TB) (net.PacketConn, net.Listener) {
	t.Helper()
	stream, packets, err := scannertest.ListenBoth("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return packets, stream
}
