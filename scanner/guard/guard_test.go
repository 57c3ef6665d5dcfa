// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"carescan/scanner"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func at(moment time.Time) func() time.Time { return func() time.Time { return moment } }

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// hospital is a scope on loopback, authorised on the day of noon.
func hospital() scanner.Scope {
	return scanner.Scope{
		Names:  []string{"chu.test", "*.chu.test"},
		Ranges: prefixes("127.0.0.0/8"),
		Authorisation: scanner.Authorisation{
			By: "Directeur du système d'information", From: noon.Add(-time.Hour), Until: noon.Add(24 * time.Hour),
		},
	}
}

func newGuard(t *testing.T, config Config) *Guard {
	t.Helper()
	if config.Clock == nil {
		config.Clock = at(noon)
	}
	if config.Location == nil {
		config.Location = time.UTC
	}
	if config.RatePerHost == 0 {
		config.RatePerHost = 1e6
	}
	g, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Stop)
	return g
}

// listener counts the connections that a loopback address receives, and holds
// them until they are closed from the other side.
type listener struct {
	net.Listener
	port     string
	accepted atomic.Int64
}

func listen(t *testing.T, address string) *listener {
	t.Helper()
	raw, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{Listener: raw}
	_, l.port, _ = net.SplitHostPort(raw.Addr().String())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			l.accepted.Add(1)
			go func() {
				defer c.Close()
				_, _ = io.Copy(io.Discard, c) // until the guard closes
			}()
		}
	}()
	t.Cleanup(func() {
		_ = raw.Close()
		<-ended
	})
	return l
}

func wantRefusal(t *testing.T, err error, code scanner.RefusalCode) {
	t.Helper()
	var refusal *scanner.Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("error is %v, want a refusal %q", err, code)
	}
	if refusal.Code != code {
		t.Errorf("refusal is %v, want code %q", refusal, code)
	}
}

func TestGuard_refuses(t *testing.T) {
	ns := startNameServer(t)
	ns.holds("www.chu.test A", "www.chu.test. 60 A 127.0.0.1")
	ns.holds("out.chu.test A", "out.chu.test. 60 A 192.0.2.7")
	ns.holds("excluded.chu.test A", "excluded.chu.test. 60 A 127.9.9.9")
	ns.holds("mapped.chu.test AAAA", "mapped.chu.test. 60 AAAA ::ffff:192.0.2.7")
	ns.holds("viaexcluded.chu.test A",
		"viaexcluded.chu.test. 60 CNAME secret.chu.test.", "secret.chu.test. 60 A 127.0.0.1")
	tests := []struct {
		name             string
		network, address string
		change           func(*Config)
		want             scanner.RefusalCode
	}{
		{name: "name-outside", address: "www.other.test:443", want: scanner.RefusedOutOfScope},
		{name: "name-is-a-suffix-only", address: "evilchu.test:443", want: scanner.RefusedOutOfScope},
		{name: "name-looks-like-an-address", address: "127.1:443", want: scanner.RefusedOutOfScope},
		{name: "name-excluded", address: "secret.chu.test:443", want: scanner.RefusedExcluded},
		{name: "name-leads-out", address: "out.chu.test:443", want: scanner.RefusedOutOfScope},
		{name: "name-leads-out-as-mapped-address", address: "mapped.chu.test:443", want: scanner.RefusedOutOfScope},
		{name: "name-leads-to-excluded-address", address: "excluded.chu.test:443", want: scanner.RefusedExcluded},
		{name: "alias-through-excluded-name", address: "viaexcluded.chu.test:443", want: scanner.RefusedExcluded},
		{name: "address-outside", address: "192.0.2.7:443", want: scanner.RefusedOutOfScope},
		{name: "address-outside-mapped", address: "[::ffff:192.0.2.7]:443", want: scanner.RefusedOutOfScope},
		{name: "address-excluded", address: "127.9.9.9:443", want: scanner.RefusedExcluded},
		{name: "address-excluded-mapped", address: "[::ffff:127.9.9.9]:443", want: scanner.RefusedExcluded},
		{
			name: "address-with-zone", address: "[fe80::1%lo]:443", want: scanner.RefusedOutOfScope,
			change: func(c *Config) { c.Scope.Ranges = prefixes("fe80::/10") },
		},
		{name: "resolver-other-port", address: "192.0.2.53:443", want: scanner.RefusedOutOfScope},
		{name: "resolver-other-network", network: "ip4:icmp", address: "192.0.2.53:53", want: scanner.RefusedOutOfScope},
		{name: "unix-socket", network: "unix", address: "/run/any.sock", want: scanner.RefusedOutOfScope},
		{
			name: "redirect-leads-out", address: "www.chu.test:443", want: scanner.RefusedOutOfScope,
			change: func(c *Config) { c.Redirects = map[string]string{"www.chu.test:443": "192.0.2.7:8443"} },
		},
		{
			name: "redirect-of-name-outside", address: "www.other.test:443", want: scanner.RefusedOutOfScope,
			change: func(c *Config) { c.Redirects = map[string]string{"www.other.test:*": "127.0.0.1"} },
		},
		{
			name: "private-address-without-ranges", address: "www.chu.test:443", want: scanner.RefusedOutOfScope,
			change: func(c *Config) { c.Scope.Ranges = nil },
		},
		{
			name: "authorisation-expired", address: "www.chu.test:443", want: scanner.RefusedExpired,
			change: func(c *Config) { c.Clock = at(noon.Add(24 * time.Hour)) },
		},
		{
			name: "authorisation-not-begun", address: "www.chu.test:443", want: scanner.RefusedExpired,
			change: func(c *Config) { c.Clock = at(noon.Add(-2 * time.Hour)) },
		},
		{
			name: "authorisation-by-nobody", address: "www.chu.test:443", want: scanner.RefusedExpired,
			change: func(c *Config) { c.Scope.Authorisation.By = "" },
		},
		{
			name: "expired-even-for-resolver", network: "udp", address: "192.0.2.53:53", want: scanner.RefusedExpired,
			change: func(c *Config) { c.Clock = at(noon.Add(24 * time.Hour)) },
		},
		{
			name: "quiet-hours", address: "www.chu.test:443", want: scanner.RefusedQuietHours,
			change: func(c *Config) { c.Quiet = []QuietHours{{"11:30", "12:30"}} },
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			config := Config{
				Scope: hospital(), Resolvers: []netip.AddrPort{ns.at, netip.MustParseAddrPort("192.0.2.53:53")},
			}
			config.Scope.Excluded = prefixes("127.9.0.0/16")
			config.Scope.ExcludedNames = []string{"secret.chu.test"}
			if tc.change != nil {
				tc.change(&config)
			}
			network := tc.network
			if network == "" {
				network = "tcp"
			}
			g := newGuard(t, config)
			conn, err := g.DialContext(t.Context(), network, tc.address)
			if err == nil {
				conn.Close()
			}
			wantRefusal(t, err, tc.want)
			if diff := cmp.Diff(map[string]int{}, g.Spent()); diff != "" {
				t.Errorf("spent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGuard_dialsInScope(t *testing.T) {
	web := listen(t, "127.0.0.1:0")
	ns := startNameServer(t)
	ns.holds("www.chu.test A", "www.chu.test. 60 A 127.0.0.1")
	ns.holds("cdn.chu.test A", "cdn.chu.test. 60 CNAME edge.other.test.", "edge.other.test. 60 A 127.0.0.1")
	g := newGuard(t, Config{
		Scope: hospital(), Resolvers: []netip.AddrPort{ns.at},
		Redirects: map[string]string{
			"one.chu.test:443": "127.0.0.1:" + web.port,
			"all.chu.test:*":   "127.0.0.1",
		},
	})
	for _, address := range []string{
		"www.chu.test:" + web.port, "WWW.CHU.TEST.:" + web.port, "127.0.0.1:" + web.port,
		"[::ffff:127.0.0.1]:" + web.port, "cdn.chu.test:" + web.port, "one.chu.test:443", "all.chu.test:" + web.port,
	} {
		conn, err := g.DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Errorf("dial %s: %v", address, err)
			continue
		}
		if got, want := conn.RemoteAddr().String(), "127.0.0.1:"+web.port; got != want {
			t.Errorf("dial %s reached %s, want %s", address, got, want)
		}
		conn.Close()
	}
	if diff := cmp.Diff(map[string]int{"127.0.0.1": 7}, g.Spent()); diff != "" {
		t.Errorf("spent (-want +got):\n%s", diff)
	}
}

// Without ranges every name on the way must be in the scope. The address is
// public and nothing may be sent to it, so the judgement is asked, not a dial.
func TestGuard_permitsWithoutRanges(t *testing.T) {
	ns := startNameServer(t)
	ns.holds("www.chu.test A", "www.chu.test. 60 CNAME farm.chu.test.", "farm.chu.test. 60 A 9.9.9.9")
	ns.holds("cdn.chu.test A", "cdn.chu.test. 60 CNAME edge.other.test.", "edge.other.test. 60 A 9.9.9.9")
	ns.holds("inner.chu.test A", "inner.chu.test. 60 A 10.1.2.3")
	ns.holds("loop.chu.test A", "loop.chu.test. 60 A 127.0.0.1")
	ns.holds("both.chu.test A", "both.chu.test. 60 A 10.1.2.3", "both.chu.test. 60 A 9.9.9.9")
	ns.says("gone.chu.test A", reply{rcode: dns.RcodeNameError})
	ns.says("broken.chu.test A", reply{rcode: dns.RcodeServerFailure})
	scope := hospital()
	scope.Ranges = nil
	g := newGuard(t, Config{Scope: scope, Resolvers: []netip.AddrPort{ns.at}})
	for _, host := range []string{"www.chu.test", "both.chu.test", "gone.chu.test"} {
		if err := g.Permits(t.Context(), host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"cdn.chu.test", "inner.chu.test", "loop.chu.test", "broken.chu.test", "9.9.9.9"} {
		t.Run(host, func(t *testing.T) { wantRefusal(t, g.Permits(t.Context(), host), scanner.RefusedOutOfScope) })
	}
}

// A name server that first answers inside the scope and then outside gets
// nothing: the address that passed is the one dialled, and a new answer is
// judged anew.
func TestGuard_dialsTheAddressItChecked(t *testing.T) {
	inside := listen(t, "127.0.0.2:0")
	outside := listen(t, "127.0.0.9:"+inside.port)
	ns := startNameServer(t)
	ns.says("www.chu.test A",
		reply{records: []string{"www.chu.test. 0 A 127.0.0.2"}},
		reply{records: []string{"www.chu.test. 0 A 127.0.0.9"}})
	scope := hospital()
	scope.Ranges = prefixes("127.0.0.2/32")
	now := noon
	g := newGuard(t, Config{Scope: scope, Resolvers: []netip.AddrPort{ns.at}, Clock: func() time.Time { return now }})

	if err := g.Permits(t.Context(), "www.chu.test"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		conn, err := g.DialContext(t.Context(), "tcp", "www.chu.test:"+inside.port)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := conn.RemoteAddr().String(), "127.0.0.2:"+inside.port; got != want {
			t.Errorf("reached %s, want %s", got, want)
		}
		conn.Close()
	}
	now = now.Add(keepFor)
	_, err := g.DialContext(t.Context(), "tcp", "www.chu.test:"+inside.port)
	wantRefusal(t, err, scanner.RefusedOutOfScope)
	if got := outside.accepted.Load(); got != 0 {
		t.Errorf("the address out of scope received %d connections", got)
	}
}

func TestGuard_secondLock(t *testing.T) {
	checked := netip.MustParseAddrPort("127.0.0.2:443")
	allow := func() error { return nil }
	for _, actual := range []string{"127.0.0.2:443", "[::ffff:127.0.0.2]:443"} {
		if err := secondLock(checked, actual, allow); err != nil {
			t.Errorf("%s: %v", actual, err)
		}
	}
	for _, actual := range []string{"127.0.0.9:443", "127.0.0.2:80", "nonsense"} {
		wantRefusal(t, secondLock(checked, actual, allow), scanner.RefusedOutOfScope)
	}
}

// What changed between the decision and the connection counts.
func TestGuard_secondLockReadsTheClock(t *testing.T) {
	web := listen(t, "127.0.0.1:0")
	config := Config{Scope: hospital(), ConcurrentPerHost: 1}
	reads := 0
	config.Clock = func() time.Time {
		if reads++; reads > 2 { // rule 1 and quiet hours have been judged
			return noon.Add(24 * time.Hour)
		}
		return noon
	}
	g := newGuard(t, config)
	_, err := g.DialContext(t.Context(), "tcp", "127.0.0.1:"+web.port)
	wantRefusal(t, err, scanner.RefusedExpired)
	if reads < 3 {
		t.Errorf("the clock was read %d times: the second lock did not", reads)
	}
	wantNoPlaceTaken(t, g)
}

func wantNoPlaceTaken(t *testing.T, g *Guard) {
	t.Helper()
	for addr, h := range g.hosts {
		if h.open != 0 {
			t.Errorf("%d places at %s are still taken", h.open, addr)
		}
	}
}

func TestGuard_triesAddressesInOrder(t *testing.T) {
	web := listen(t, "127.0.0.3:0")
	ns := startNameServer(t)
	ns.holds("www.chu.test A",
		"www.chu.test. 60 A 192.0.2.7", "www.chu.test. 60 A 127.0.0.4", "www.chu.test. 60 A 127.0.0.3")
	g := newGuard(t, Config{Scope: hospital(), Resolvers: []netip.AddrPort{ns.at}})
	conn, err := g.DialContext(t.Context(), "tcp", "www.chu.test:"+web.port)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if diff := cmp.Diff(map[string]int{"127.0.0.3": 1, "127.0.0.4": 1}, g.Spent()); diff != "" {
		t.Errorf("spent (-want +got):\n%s", diff)
	}
	web.Close()
	_, err = g.DialContext(t.Context(), "tcp", "www.chu.test:"+web.port)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error is %v, want the refusal of the target itself", err)
	}
}

func TestGuard_budgetIsPerAddress(t *testing.T) {
	web := listen(t, "127.0.0.1:0")
	other := listen(t, "127.0.0.2:0")
	g := newGuard(t, Config{
		Scope: hospital(), BudgetPerHost: 2,
		Redirects: map[string]string{"a.chu.test:*": "127.0.0.1", "b.chu.test:*": "127.0.0.1"},
	})
	for _, host := range []string{"a.chu.test", "b.chu.test"} {
		conn, err := g.DialContext(t.Context(), "tcp", host+":"+web.port)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
	_, err := g.DialContext(t.Context(), "tcp", "a.chu.test:"+web.port)
	wantRefusal(t, err, scanner.RefusedBudget)
	wantRefusal(t, g.Permits(t.Context(), "b.chu.test"), scanner.RefusedBudget)
	conn, err := g.DialContext(t.Context(), "tcp", "127.0.0.2:"+other.port)
	if err != nil {
		t.Fatalf("another address has a budget of its own: %v", err)
	}
	conn.Close()
	wantNoPlaceTaken(t, g)
	if diff := cmp.Diff(map[string]int{"127.0.0.1": 2, "127.0.0.2": 1}, g.Spent()); diff != "" {
		t.Errorf("spent (-want +got):\n%s", diff)
	}
}

func TestGuard_closingGivesThePlaceBack(t *testing.T) {
	web := listen(t, "127.0.0.1:0")
	g := newGuard(t, Config{Scope: hospital(), ConcurrentPerHost: 1})
	first, err := g.DialContext(t.Context(), "tcp", "127.0.0.1:"+web.port)
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	if err := first.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("second close says %v, want %v", err, net.ErrClosed)
	}
	second, err := g.DialContext(t.Context(), "tcp", "127.0.0.1:"+web.port)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}

// never is the end of no cover at all.
var never time.Time

func TestHost_waitsForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, Config{Scope: hospital(), ConcurrentPerHost: 1})
		h := g.host(netip.MustParseAddr("127.0.0.1"))
		if err := g.enter(t.Context(), h, "tcp", never); err != nil {
			t.Fatal(err)
		}
		entered := make(chan error, 1)
		go func() { entered <- g.enter(t.Context(), h, "tcp", never) }()
		synctest.Wait()
		if len(entered) > 0 {
			t.Error("two connections are open where one is allowed")
		}
		g.leave(h)
		if err := <-entered; err != nil {
			t.Errorf("a place was given back and nobody took it: %v", err)
		}
	})
}

func TestHost_givesThePlaceBackWhenThePaceIsTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, Config{Scope: hospital(), RatePerHost: 0.1})
		h := g.host(netip.MustParseAddr("127.0.0.1"))
		if err := g.enter(t.Context(), h, "tcp", never); err != nil {
			t.Fatal(err)
		}
		g.leave(h)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.enter(short, h, "tcp", never); err == nil {
			t.Error("entered within one second at one connection in ten")
		}
		wantNoPlaceTaken(t, g)
	})
}

// A connection that is made while Stop runs is closed like the others.
func TestGuard_stopMeetsALateConnection(t *testing.T) {
	g := newGuard(t, Config{Scope: hospital()})
	near, far := net.Pipe()
	defer far.Close()
	g.Stop()
	_, err := g.adopt(near, func() { t.Error("the place is given back twice") })
	wantRefusal(t, err, scanner.RefusedStopped)
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("reading the other end gives %v, want %v: it is closed", err, io.EOF)
	}
}

func TestGuard_failedDialGivesThePlaceBack(t *testing.T) {
	web := listen(t, "127.0.0.1:0")
	web.Close()
	g := newGuard(t, Config{Scope: hospital(), ConcurrentPerHost: 1})
	for range 3 {
		if _, err := g.DialContext(t.Context(), "tcp", "127.0.0.1:"+web.port); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("error is %v, want %v", err, syscall.ECONNREFUSED)
		}
	}
}

func TestGuard_paceIsPerHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, Config{Scope: hospital(), RatePerHost: 2})
		h, other := g.host(netip.MustParseAddr("127.0.0.1")), g.host(netip.MustParseAddr("127.0.0.2"))
		began := time.Now()
		for range 5 {
			if err := g.enter(t.Context(), h, "tcp", never); err != nil {
				t.Fatal(err)
			}
			g.leave(h)
		}
		if err := g.enter(t.Context(), other, "tcp", never); err != nil {
			t.Fatal(err)
		}
		if got, want := time.Since(began), 2*time.Second; got != want {
			t.Errorf("five connections at two per second took %s of virtual time, want %s", got, want)
		}
	})
}

func TestGuard_stopClosesLiveConnections(t *testing.T) {
	endless := startEndless(t)
	g := newGuard(t, Config{Scope: hospital()})
	ctx, cancel := context.WithCancel(t.Context())
	defer context.AfterFunc(ctx, g.Stop)()
	conn, err := g.DialContext(t.Context(), "tcp", endless)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, conn, 1<<20); err != nil {
		t.Fatal(err)
	}
	cancel()
	// The server never ends, so only the guard can end this copy.
	if _, err := io.Copy(io.Discard, conn); !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading ended with %v, want %v", err, net.ErrClosed)
	}
	_, err = g.DialContext(t.Context(), "tcp", endless)
	wantRefusal(t, err, scanner.RefusedStopped)
	wantRefusal(t, g.Permits(t.Context(), "127.0.0.1"), scanner.RefusedStopped)
	_, err = g.Lookup(t.Context(), "www.chu.test")
	wantRefusal(t, err, scanner.RefusedStopped)
}

// startEndless serves bytes without end to whoever connects.
func startEndless(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				chunk := make([]byte, 32<<10)
				for {
					if _, err := c.Write(chunk); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// A wait for a place ends with the guard, whatever context the caller has.
func TestGuard_stopEndsWaits(t *testing.T) {
	web := listen(t, "127.0.0.1:0")
	g := newGuard(t, Config{Scope: hospital(), ConcurrentPerHost: 1})
	held, err := g.DialContext(t.Context(), "tcp", "127.0.0.1:"+web.port)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	waited := make(chan error, 1)
	go func() {
		_, err := g.DialContext(context.Background(), "tcp", "127.0.0.1:"+web.port)
		waited <- err
	}()
	g.Stop()
	wantRefusal(t, <-waited, scanner.RefusedStopped)
}

func TestGuard_resolverIsAlwaysAllowed(t *testing.T) {
	ns := startNameServer(t)
	ns.holds("www.elsewhere.test A", "www.elsewhere.test. 60 A 192.0.2.7")
	scope := hospital()
	scope.Ranges = prefixes("10.0.0.0/8")
	g := newGuard(t, Config{
		Scope: scope, Resolvers: []netip.AddrPort{ns.at}, Quiet: []QuietHours{{"00:00", "23:59"}}, BudgetPerHost: 1,
	})
	for _, network := range []string{"udp", "tcp", "udp"} {
		conn, err := g.DialContext(t.Context(), network, ns.at.String())
		if err != nil {
			t.Fatal(err)
		}
		question := new(dns.Msg).SetQuestion("www.elsewhere.test.", dns.TypeA)
		client := dns.Client{Net: network}
		answer, _, err := client.ExchangeWithConn(question, &dns.Conn{Conn: conn})
		if err != nil || len(answer.Answer) != 1 {
			t.Errorf("exchange over %s: %v, %v", network, answer, err)
		}
		conn.Close()
	}
	if diff := cmp.Diff(map[string]int{}, g.Spent()); diff != "" {
		t.Errorf("spent (-want +got):\n%s", diff)
	}
}

func TestGuard_udpSpeaksToItsPeerOnly(t *testing.T) {
	peer, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	g := newGuard(t, Config{Scope: hospital()})
	conn, err := g.DialContext(t.Context(), "udp", peer.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	packets, ok := conn.(net.PacketConn)
	if !ok {
		t.Fatalf("a UDP connection of the guard is a %T, which DNS clients take for a stream", conn)
	}
	if _, err := packets.WriteTo([]byte("hello"), peer.LocalAddr()); err != nil {
		t.Error(err)
	}
	_, err = packets.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9), Port: 9})
	wantRefusal(t, err, scanner.RefusedOutOfScope)
	_, err = packets.WriteTo([]byte("hello"), nil)
	wantRefusal(t, err, scanner.RefusedOutOfScope)
}

func TestGuard_lookupIgnoresTheScope(t *testing.T) {
	ns := startNameServer(t)
	ns.holds("mx.elsewhere.test A", "mx.elsewhere.test. 60 A 192.0.2.7")
	ns.holds("mx.elsewhere.test AAAA", "mx.elsewhere.test. 60 AAAA 2001:db8::7")
	ns.says("gone.test A", reply{rcode: dns.RcodeNameError})
	ns.says("broken.test A", reply{rcode: dns.RcodeServerFailure})
	g := newGuard(t, Config{
		Scope: hospital(), Resolvers: []netip.AddrPort{ns.at},
		Redirects: map[string]string{"lab.chu.test:443": "127.0.0.1:8443", "lab.chu.test:80": "127.0.0.2:8080"},
	})
	tests := map[string][]netip.Addr{
		"mx.elsewhere.test": {netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")},
		"gone.test":         {},
		"lab.chu.test":      {netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")},
	}
	for host, want := range tests {
		got, err := g.Lookup(t.Context(), host)
		if err != nil {
			t.Errorf("%s: %v", host, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", host, diff)
		}
	}
	if addrs, err := g.Lookup(t.Context(), "broken.test"); err == nil {
		t.Errorf("a failure to resolve gave %v and no error", addrs)
	}
}

func TestNew_refusesBadConfiguration(t *testing.T) {
	bad := map[string]Config{
		"negative-rate":           {RatePerHost: -1},
		"quiet-hour-unreadable":   {Quiet: []QuietHours{{"8h", "12:00"}}},
		"quiet-hours-empty":       {Quiet: []QuietHours{{"12:00", "12:00"}}},
		"redirect-without-port":   {Redirects: map[string]string{"www.chu.test": "127.0.0.1:1"}},
		"redirect-port-unknown":   {Redirects: map[string]string{"www.chu.test:https": "127.0.0.1:1"}},
		"redirect-to-a-name":      {Redirects: map[string]string{"www.chu.test:1": "www.other.test:1"}},
		"redirect-port-missing":   {Redirects: map[string]string{"www.chu.test:1": "127.0.0.1"}},
		"resolver-without-port":   {Resolvers: []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 0)}},
		"exclusion-never-matches": {Scope: scanner.Scope{Excluded: prefixes("::ffff:10.0.0.0/104")}},
		"range-invalid":           {Scope: scanner.Scope{Ranges: []netip.Prefix{{}}}},
	}
	for name, config := range bad {
		if _, err := New(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestIsQuiet(t *testing.T) {
	spans, err := parseQuiet([]QuietHours{{"22:30", "06:00"}, {"12:00", "13:00"}})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{
		"22:29": false, "22:30": true, "23:59": true, "00:00": true, "05:59": true, "06:00": false,
		"11:59": false, "12:00": true, "12:59": true, "13:00": false,
	}
	for hour, want := range tests {
		moment, err := time.Parse("15:04", hour)
		if err != nil {
			t.Fatal(err)
		}
		if got := isQuiet(spans, moment); got != want {
			t.Errorf("quiet at %s is %t, want %t", hour, got, want)
		}
	}
}

func TestGuard_quietHoursAreLocal(t *testing.T) {
	paris := time.FixedZone("Paris", 3600)
	scope := hospital()
	g := newGuard(t, Config{Scope: scope, Location: paris, Quiet: []QuietHours{{"13:00", "14:00"}}})
	wantRefusal(t, g.Permits(t.Context(), "127.0.0.1"), scanner.RefusedQuietHours)
}

func TestIsPublic(t *testing.T) {
	tests := map[string]bool{
		"9.9.9.9": true, "2620:fe::fe": true, "::ffff:9.9.9.9": true,
		"10.0.0.1": false, "172.16.0.1": false, "192.168.0.1": false, "127.0.0.1": false, "169.254.1.1": false,
		"100.64.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false,
		"192.0.2.1": false, "198.51.100.1": false, "203.0.113.1": false, "198.18.0.1": false, "240.0.0.1": false,
		"::": false, "::1": false, "fe80::1": false, "fc00::1": false, "ff02::1": false, "2001:db8::1": false,
		"2002:0a00:0001::1": false, "64:ff9b::a00:1": false, "2001::1": false, "::10.0.0.1": false,
	}
	for text, want := range tests {
		if got := isPublic(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s public is %t, want %t", text, got, want)
		}
	}
}
