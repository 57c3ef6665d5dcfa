// SPDX-License-Identifier: Apache-2.0

package services

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/guard"
	"carescan/scanner/probes/internal/loopback"
	"carescan/scanner/probes/lists"
)

// TestHealthyHost counts what a well-kept host costs: two web ports open, one
// SSH, every other port closed.
func TestHealthyHost(t *testing.T) {
	t.Parallel()
	web := serve(t, "", func([]byte) []byte { return []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") })
	ssh := serve(t, "SSH-2.0-OpenSSH_9.2p1\r\n", nil)
	network := world(map[int]string{80: web.address, 22: ssh.address})
	seen, sightings := look(t, network, Options{})
	states := map[fact.PortState]int{}
	for _, p := range seen.Ports {
		states[p.State]++
	}
	want := map[fact.PortState]int{fact.PortOpen: 2, fact.PortClosed: len(table) + len(datagrams) - 2}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	load := New(Options{}).Needs().Load
	if got := len(network.Dials()); got != seen.Connections || got > len(table)+len(datagrams)+2*maxConversations || got > load.Connections {
		t.Errorf("%d dials, %d counted, load %+v", got, seen.Connections, load)
	}
	t.Logf("%d TCP ports, %d UDP services: %d connections", len(table), len(datagrams), seen.Connections)
	if len(sightings[0].Missing) > 0 || len(sightings) != 2 {
		t.Errorf("missing %q, %d sightings", sightings[0].Missing.Detail(), len(sightings))
	}
}

func TestTableNamesEachPortOnce(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for _, number := range tablePorts() {
		if seen[number] {
			t.Errorf("port %d is twice in the table", number)
		}
		seen[number] = true
	}
	if len(seen) <= maxOpen {
		t.Errorf("%d ports cannot show an artefact of filtering", len(seen))
	}
}

// TestEveryPortOpen is a device that answers for every port: nothing is asked
// beyond the first connections.
func TestEveryPortOpen(t *testing.T) {
	t.Parallel()
	s := serve(t, "SSH-2.0-OpenSSH_9.2p1\r\n", nil)
	open := map[int]string{}
	for _, number := range tablePorts() {
		open[number] = s.address
	}
	seen, sightings := look(t, world(open), Options{})
	if !seen.Artefact || seen.Connections != len(table)+len(datagrams)+len(controls) || len(sightings) != 2 {
		t.Errorf("artefact %v, %d connections, %d sightings", seen.Artefact, seen.Connections, len(sightings))
	}
	if missing := sightings[1].Missing; len(missing) != 1 || missing[0].Code != scanner.CauseStandIn {
		t.Errorf("products miss %v", missing)
	}
}

// TestFilteringArtefacts are hosts behind something that answers for them, and
// busy hosts that nothing answers for.
func TestFilteringArtefacts(t *testing.T) {
	t.Parallel()
	s := serve(t, "", nil)
	below := func(limit int) []int {
		var open []int
		for _, number := range append(tablePorts(), controls...) {
			if number < limit {
				open = append(open, number)
			}
		}
		return open
	}
	busy := []int{22, 25, 80, 88, 110, 135, 139, 143, 389, 443, 445, 464, 465, 587, 636, 993, 995, 3268, 3269, 3389, 5985}
	for name, tt := range map[string]struct {
		ports, open []int
		artefact    bool
		controls    int
	}{
		"every_low_port":          {nil, below(10000), true, 4},
		"below_1024":              {nil, below(1024), true, 3},
		"more_than_half":          {nil, slices.DeleteFunc(below(8000), func(n int) bool { return slices.Contains(controls, n) }), true, 0},
		"few_asked_all_open":      {busy[:10], append(slices.Clone(controls), busy[:10]...), true, 5},
		"busy_host":               {nil, busy, false, 0},
		"busy_host_with_one_more": {nil, append(slices.Clone(busy), controls[3]), false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := map[int]string{}
			for _, number := range tt.open {
				open[number] = s.address
			}
			seen, _ := look(t, world(open), Options{Ports: tt.ports})
			if seen.Artefact != tt.artefact || seen.ControlsAsked != len(controls) || seen.ControlsOpen != tt.controls {
				t.Errorf("artefact %v, %d of %d control ports", seen.Artefact, seen.ControlsOpen, seen.ControlsAsked)
			}
		})
	}
}

// TestNoProduct is a host that was looked at wholly and shows no product: the fact
// says so, and lacks nothing.
func TestNoProduct(t *testing.T) {
	t.Parallel()
	s := serve(t, "RFB 003.008\n", nil)
	for name, open := range map[string]map[int]string{"closed": nil, "unnamed": {5900: s.address}} {
		_, sightings := look(t, world(open), Options{Ports: []int{5900, 80}})
		products, ok := sightings[1].Fact.(fact.Products)
		if !ok || products.Seen == nil || len(products.Seen) > 0 || len(sightings[1].Missing) > 0 {
			t.Errorf("%s: %+v, missing %v", name, sightings[1].Fact, sightings[1].Missing)
		}
	}
}

// banned lets each port be connected to once, then drops everything.
type banned struct {
	*loopback.Network
	left atomic.Int32
}

func (b *banned) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network == "tcp" && b.left.Add(-1) < 0 {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ETIMEDOUT}
	}
	return b.Network.DialContext(ctx, network, address)
}

func TestBlockedDuringTheLook(t *testing.T) {
	t.Parallel()
	s := serve(t, "", nil)
	ports := []int{80, 443, 8080, 8443, 8000, 8008, 8081, 8088}
	open := map[int]string{}
	for _, number := range ports {
		open[number] = s.address
	}
	network := &banned{Network: world(open)}
	network.left.Store(int32(len(ports)))
	seen, sightings := look(t, network, Options{Ports: ports})
	if !seen.Blocked || !strings.Contains(sightings[0].Missing.Detail(), "stopped doing so") {
		t.Errorf("blocked %v, missing %q", seen.Blocked, sightings[0].Missing.Detail())
	}
	if most := len(ports) + len(datagrams) + maxLost + workers; seen.Connections > most {
		t.Errorf("went on knocking: %d connections, want at most %d", seen.Connections, most)
	}
}

// TestKeptOutWithoutAnOpenPort refuses one port, then drops everything: the
// silence of the others is ours.
func TestKeptOutWithoutAnOpenPort(t *testing.T) {
	t.Parallel()
	network := &banned{Network: world(nil)}
	network.left.Store(1)
	seen, sightings := look(t, network, Options{Ports: []int{80, 443, 3389}})
	if !seen.Blocked || len(sightings[0].Missing) == 0 {
		t.Errorf("blocked %v, missing %q", seen.Blocked, sightings[0].Missing.Detail())
	}
}

// TestProductsAreCalledAsTheListsDo catches a product that no list would ever
// find.
func TestProductsAreCalledAsTheListsDo(t *testing.T) {
	t.Parallel()
	names := []string{"mysql", "mariadb", "postgresql", "mssql", "oracle-database", "redis", "mongodb", "memcached", "rabbitmq", "nats"}
	for _, p := range products {
		names = append(names, p.name)
	}
	for _, m := range markers {
		names = append(names, m.product)
	}
	for _, i := range interfaces {
		names = append(names, i.protocol)
	}
	for _, name := range names {
		if !lists.Known(name) {
			t.Errorf("%s: no list calls a product so", name)
		}
	}
}

func TestOutOfScopeAsksNothing(t *testing.T) {
	t.Parallel()
	network := &loopback.Network{Addresses: map[string][]netip.Addr{host: {netip.MustParseAddr("192.0.2.10")}}}
	seen, sightings := look(t, network, Options{})
	for _, p := range seen.Ports {
		if p.State != fact.PortNotAsked {
			t.Errorf("port %d is %s", p.Number, p.State)
		}
	}
	if len(sightings[0].Missing) == 0 || seen.Connections != 0 || len(network.Dials()) > workers {
		t.Errorf("missing %q, %d connections, %d dials", sightings[0].Missing.Detail(), seen.Connections, len(network.Dials()))
	}
}

func TestSharedAndAbsent(t *testing.T) {
	t.Parallel()
	network := world(nil)
	shared := []SharedRange{{Range: netip.MustParsePrefix("192.0.2.0/24"), Provider: "Hébergeur Exemple"}}
	if seen, _ := look(t, network, Options{Shared: shared}); seen.Shared != "Hébergeur Exemple" || len(network.Dials()) != 0 {
		t.Errorf("got %+v after %d dials", seen, len(network.Dials()))
	}
	if seen, _ := look(t, &loopback.Network{}, Options{}); !seen.NoAddress {
		t.Errorf("got %+v", seen)
	}
	silent := &loopback.Network{Silent: map[string]error{host: errors.New("no answer")}}
	if _, err := New(Options{}).Observe(t.Context(), silent, scanner.HostTarget(host)); err == nil {
		t.Error("a resolver without answer is an error")
	}
}

func TestMemoryAndDeclarations(t *testing.T) {
	t.Parallel()
	s := serve(t, "SSH-2.0-OpenSSH_9.2p1\r\n", nil)
	first := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	var keys []string
	o := Options{
		Ports: []int{22}, Declared: map[string]fact.Declaration{at(22): {Kind: "ssh", TwoFactor: "unknown"}},
		Baseline:     func(string, time.Time) time.Time { return first },
		FirstSeen:    func(key string, _ time.Time) time.Time { keys = append(keys, key); return first.AddDate(0, 1, 0) },
		Acknowledged: func(string) bool { return true },
		Describe:     func(p fact.Product) fact.Product { p.Listed = true; return p }, Lists: "CISA KEV 2026-11-20",
	}
	seen, sightings := look(t, world(map[int]string{22: s.address}), o)
	got := seen.Ports[0]
	if seen.Baseline != first || got.FirstSeen != first.AddDate(0, 1, 0) || !got.Acknowledged || got.Declared == nil {
		t.Errorf("got %+v, baseline %s", got, seen.Baseline)
	}
	if diff := cmp.Diff([]string{"127.0.0.1:22/tcp openssh"}, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	want := fact.Products{Lists: "CISA KEV 2026-11-20", Seen: []fact.Product{
		{Name: "openssh", Version: "9.2p1", Where: "127.0.0.1:22", Source: fact.FromBanner, Listed: true},
	}}
	if diff := cmp.Diff(want, sightings[1].Fact); diff != "" {
		t.Errorf("products (-want +got):\n%s", diff)
	}
}

// TestHostileServers bounds what a server can make us read, wait or believe.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	tests := map[string]func(net.Conn){
		"endless-banner": func(c net.Conn) { flood(c, []byte(strings.Repeat("a", 4096))) },
		"endless-line":   func(c net.Conn) { flood(c, []byte("220-still greeting\r\n")) },
		"endless-ssh":    func(c net.Conn) { flood(c, []byte("SSH-2.0-OpenSSH_9.2\r\n")) },
		"endless-page": func(c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
			flood(c, make([]byte, 4096))
		},
		"drip":   drip,
		"random": func(c net.Conn) { flood(c, randomBytes()) },
	}
	for name, handle := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := loopback.Serve(t, handle)
			network := world(map[int]string{8088: address, 6379: address, 502: address})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := New(Options{Ports: []int{8088, 6379, 502}, Patience: 100 * time.Millisecond}).Observe(ctx, network, scanner.HostTarget(host))
			if err != nil || ctx.Err() != nil {
				t.Errorf("the look did not end by itself: %v, %v", err, ctx.Err())
			}
		})
	}
}

func flood(c net.Conn, what []byte) {
	for {
		if _, err := c.Write(what); err != nil {
			return
		}
	}
}

// drip sends a byte at a time, for ever.
func drip(c net.Conn) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := c.Write([]byte("2")); err != nil {
			return
		}
	}
}

func randomBytes() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 4096)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// TestThroughTheGuard looks at real ports of loopback through the real door: one
// open, one closed, one that lets no connection in.
func TestThroughTheGuard(t *testing.T) {
	t.Parallel()
	s := serve(t, "SSH-2.0-OpenSSH_9.2p1\r\n", nil)
	openPort := int(netip.MustParseAddrPort(s.address).Port())
	full := int(loopback.Full(t).Port())
	now := time.Now()
	door, err := guard.New(guard.Config{RatePerHost: 1000, Scope: scanner.Scope{
		Ranges:        []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Authorisation: scanner.Authorisation{By: "test", From: now.Add(-time.Hour), Until: now.Add(time.Hour)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(door.Stop)
	probe := New(Options{Ports: []int{openPort, 1, full}, Patience: 400 * time.Millisecond})
	sightings, err := probe.Observe(t.Context(), door, scanner.HostTarget("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	var states []fact.PortState
	for _, p := range sightings[0].Fact.(fact.HostServices).Ports[:3] {
		states = append(states, p.State)
	}
	if diff := cmp.Diff([]fact.PortState{fact.PortOpen, fact.PortClosed, fact.PortFiltered}, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

// TestTimeRunsOut leaves ports unasked when time runs out, and identifies what
// was found open all the same.
func TestTimeRunsOut(t *testing.T) {
	t.Parallel()
	s := serve(t, "SSH-2.0-OpenSSH_9.2p1\r\n", nil)
	full := loopback.Full(t).String()
	ports, open := []int{22}, map[int]string{22: s.address}
	for _, number := range tablePorts()[:12] {
		ports, open[number] = append(ports, number), full
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	sightings, err := New(Options{Ports: ports, Patience: 300 * time.Millisecond}).Observe(ctx, world(open), scanner.HostTarget(host))
	if err != nil {
		t.Fatal(err)
	}
	seen := sightings[0].Fact.(fact.HostServices)
	if seen.Ports[0].Protocol != "ssh" || seen.Ports[12].State != fact.PortNotAsked || len(sightings[0].Missing) > 0 {
		t.Errorf("first %+v, last %+v, missing %q", seen.Ports[0], seen.Ports[12], sightings[0].Missing.Detail())
	}
}
