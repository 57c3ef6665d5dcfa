// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// silence is a resolver that hears every question and answers none.
type silence struct {
	net.PacketConn
	at netip.AddrPort
}

func startSilence(t *testing.T) silence {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return silence{conn, netip.MustParseAddrPort(conn.LocalAddr().String())}
}

// hears waits for a question.
func (s silence) hears(t *testing.T) {
	t.Helper()
	if err := s.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ReadFrom(make([]byte, 1500)); err != nil {
		t.Fatalf("nothing was asked: %v", err)
	}
}

// wantNoMore sends a packet of its own, and finds it first in line: the packets
// of loopback keep their order.
func (s silence) wantNoMore(t *testing.T) {
	t.Helper()
	const mark = "end of the test"
	own, err := net.Dial("udp", s.at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if _, err := own.Write([]byte(mark)); err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, 1500)
	for strays := 0; ; strays++ {
		n, _, err := s.ReadFrom(packet)
		if err != nil {
			t.Fatal(err)
		}
		if string(packet[:n]) == mark {
			if strays > 0 {
				t.Errorf("%d packets were sent after the end of the look", strays)
			}
			return
		}
	}
}

// waysOut are the calls of a probe that ignores its context, by name.
var waysOut = map[string]func(scanner.Network, string) error{
	"dial": func(n scanner.Network, host string) error {
		_, err := n.DialContext(context.Background(), "tcp", host+":443")
		return err
	},
	"dial-resolver": func(n scanner.Network, host string) error {
		conn, err := n.DialContext(context.Background(), "udp", n.Resolvers()[0].String())
		if err != nil {
			return err
		}
		client := dns.Client{Timeout: time.Minute}
		_, _, err = client.ExchangeWithConn(new(dns.Msg).SetQuestion(dns.Fqdn(host), dns.TypeA), &dns.Conn{Conn: conn})
		return err
	},
	"permits": func(n scanner.Network, host string) error { return n.Permits(context.Background(), host) },
	"pace":    func(n scanner.Network, host string) error { return n.Pace(context.Background(), host) },
	"lookup": func(n scanner.Network, host string) error {
		_, err := n.Lookup(context.Background(), host)
		return err
	},
	"parents": func(n scanner.Network, host string) error {
		_, err := n.Parents(context.Background(), host)
		return err
	},
}

// TestLeash_cutsWhatIsUnderWay ends a look while the resolver is asked, every
// way it can be: the call ends, no other question follows, and later calls are
// refused.
func TestLeash_cutsWhatIsUnderWay(t *testing.T) {
	for name, call := range waysOut {
		t.Run(name, func(t *testing.T) {
			s := startSilence(t)
			g := newGuard(t, Config{Scope: hospital(), Resolvers: []netip.AddrPort{s.at, s.at}, RootHints: []netip.AddrPort{s.at}})
			l := NewLeash(t.Context(), g, scanner.Needs{})
			ended := make(chan error, 1)
			go func() { ended <- call(l, "www.chu.test") }()
			s.hears(t)
			l.Release()
			if err := <-ended; name != "dial-resolver" { // that probe reads from a closed connection
				wantRefusal(t, err, scanner.RefusedStopped)
			}
			for again, call := range waysOut {
				t.Run(again, func(t *testing.T) { wantRefusal(t, call(l, "chu.test"), scanner.RefusedStopped) })
			}
			wantRefusal(t, l.Intrusive(), scanner.RefusedStopped)
			s.wantNoMore(t)
		})
	}
}

// What the guard could answer without a packet is refused all the same.
func TestLeash_refusesWhenItsContextEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := newGuard(t, Config{
		Scope: hospital(), Intrusive: hospital().Authorisation, Resolvers: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")},
		Redirects: map[string]string{"chu.test:*": "127.0.0.1"},
	})
	l := NewLeash(ctx, g, scanner.Needs{})
	if err := l.Permits(t.Context(), "chu.test"); err != nil {
		t.Fatal(err)
	}
	cancel()
	for name, call := range waysOut {
		t.Run(name, func(t *testing.T) { wantRefusal(t, call(l, "chu.test"), scanner.RefusedStopped) })
	}
	wantRefusal(t, l.Intrusive(), scanner.RefusedStopped)
}

// A registry that is found too late cannot be dialled by the looks that go on.
func TestParents_addsNothingAfterTheEnd(t *testing.T) {
	g := newGuard(t, Config{Scope: hospital()})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	registry := netip.MustParseAddrPort("192.0.2.53:53")
	if err := g.allow(ctx, []netip.AddrPort{registry}); err == nil || g.isRegistry(registry) {
		t.Errorf("error %v, registry known: %t", err, g.isRegistry(registry))
	}
}

// A wait for the turn of a request ends with the look.
func TestLeash_cutsTheWaitForATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, Config{Scope: hospital(), RatePerHost: 0.01})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		l := NewLeash(ctx, g, scanner.Needs{})
		if err := l.Pace(t.Context(), "127.0.0.1"); err != nil {
			t.Fatal(err)
		}
		waited := make(chan error, 1)
		go func() { waited <- l.Pace(context.Background(), "127.0.0.1") }()
		synctest.Wait()
		began := time.Now()
		cancel()
		wantRefusal(t, <-waited, scanner.RefusedStopped)
		if lasted := time.Since(began); lasted != 0 {
			t.Errorf("the wait went on for %s", lasted)
		}
	})
}
