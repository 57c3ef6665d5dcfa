// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"carescan/scanner"
)

// host is what one address has cost and may still cost, all looks together. It is known by its
// address: two names of the same machine share one budget. Guard.mu guards it.
type host struct {
	tcp, udp lane
	open     int // connections, UDP sockets included
	spent    int // connections so far
}

// packetsPerTurn is how many UDP packets may be sent in the time of one turn: five
// a second where there is one request a second (exposure-checks.md section 1.2).
const packetsPerTurn = 5

// Courtesy is what one address is given at most, by all looks together.
type Courtesy struct {
	Turns   float64 // connections begun and requests sent, per second
	Packets float64 // of UDP, per second
	AtOnce  int     // connections
}

// Courtesy tells the bounds that hold, defaults included.
func (g *Guard) Courtesy() Courtesy {
	return Courtesy{Turns: g.config.RatePerHost, Packets: packetsPerTurn * g.config.RatePerHost, AtOnce: g.config.ConcurrentPerHost}
}

func (g *Guard) host(addr netip.Addr) *host {
	g.mu.Lock()
	defer g.mu.Unlock()
	h, ok := g.hosts[addr]
	if !ok {
		h = &host{tcp: lane{every: g.every(1)}, udp: lane{every: g.every(packetsPerTurn)}}
		g.hosts[addr] = h
	}
	return h
}

// every is the time between two of what one address gets so many of in one turn.
func (g *Guard) every(perTurn float64) time.Duration {
	return time.Duration(float64(time.Second) / (perTurn * g.config.RatePerHost))
}

// enter waits for a place at an address and for the turn of a connection, or of the
// first packet of a UDP socket.
func (g *Guard) enter(ctx context.Context, h *host, transport string, covered time.Time) error {
	t := &turn{lanes: []*lane{&h.tcp}, place: h, covered: covered}
	if transport == "udp" {
		t.lanes, t.covered = []*lane{&h.udp}, time.Time{}
	}
	return g.await(ctx, t)
}

// spacePackets makes every packet of a UDP socket but the first, whose turn was that of
// the socket, wait for its own.
func (g *Guard) spacePackets(opened net.Conn, h *host, transport string) {
	if transport == "udp" {
		guarded(opened).turn = func() error { return g.await(g.life, &turn{lanes: []*lane{&h.udp}}) }
	}
}

// leave gives a place back.
func (g *Guard) leave(h *host) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h.open--
	g.advance()
}

// spend takes one connection off the budget of a host.
func (g *Guard) spend(h *host, r route) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if h.spent >= g.config.BudgetPerHost {
		return g.overspent(r)
	}
	h.spent++
	return nil
}

func (g *Guard) overspent(r route) error {
	return refuse(scanner.RefusedBudget, r.describe(),
		fmt.Sprintf("its budget of %d connections for this run is spent", g.config.BudgetPerHost))
}

// affords refuses when no route has anything left of its budget.
func (g *Guard) affords(routes []route) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range routes {
		if h, ok := g.hosts[r.at.Addr()]; !ok || h.spent < g.config.BudgetPerHost {
			return nil
		}
	}
	return g.overspent(routes[0])
}

// Spent tells how many connections each address has cost, resolvers apart.
func (g *Guard) Spent() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	spent := map[string]int{}
	for addr, h := range g.hosts {
		if h.spent > 0 {
			spent[addr.String()] = h.spent
		}
	}
	return spent
}
