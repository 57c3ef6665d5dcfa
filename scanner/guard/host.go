// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"carescan/scanner"
)

// host is what one address has cost and may still cost, all looks together. It is known by its
// address: two names of the same machine share one budget.
type host struct {
	places chan struct{}
	pace   *rate.Limiter // of connections
	spent  int           // connections so far; guarded by Guard.mu
	// next is when one more request may begin; guarded by Guard.mu.
	next time.Time
}

func (g *Guard) host(addr netip.Addr) *host {
	g.mu.Lock()
	defer g.mu.Unlock()
	h, ok := g.hosts[addr]
	if !ok {
		h = &host{
			places: make(chan struct{}, g.config.ConcurrentPerHost),
			pace:   rate.NewLimiter(rate.Limit(g.config.RatePerHost), 1),
		}
		g.hosts[addr] = h
	}
	return h
}

// enter waits for a place, then for the pace.
func (h *host) enter(ctx context.Context) error {
	select {
	case h.places <- struct{}{}:
	case <-ctx.Done():
		return kept(ctx.Err())
	}
	if err := h.pace.Wait(ctx); err != nil {
		h.leave()
		return kept(err)
	}
	return nil
}

// kept says that our own courtesy, and not the host, took all the time given.
func kept(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return scanner.NotSeen(scanner.CauseLate, nil, err)
}

func (h *host) leave() { <-h.places }

// Pace waits until one more request may be sent to the addresses of a host. A
// request goes to one of them, and nobody knows which before it is dialled: it
// counts at all of them.
func (g *Guard) Pace(ctx context.Context, host string) error {
	ctx, cancel := joined(ctx, g.life)
	defer cancel()
	if err := g.open(host); err != nil {
		return err
	}
	routes, err := g.ways(ctx, host, anyPort)
	if err != nil {
		return g.orStopped(err, host)
	}
	if err := g.takeTurn(ctx, addresses(routes)); err != nil {
		return g.orStopped(fmt.Errorf("wait for the turn of a request to %s: %w", host, err), host)
	}
	return g.open(host) // quiet hours may have begun meanwhile
}

// takeTurn waits for the next turn that is free at all of some addresses. A turn
// that cannot come in time is left to others at once.
func (g *Guard) takeTurn(ctx context.Context, addrs []netip.Addr) error {
	turn, err := g.bookTurn(ctx, addrs)
	if err != nil {
		return err
	}
	timer := time.NewTimer(time.Until(turn))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *Guard) bookTurn(ctx context.Context, addrs []netip.Addr) (time.Time, error) {
	var hosts []*host
	for _, addr := range addrs {
		hosts = append(hosts, g.host(addr))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	turn := time.Now()
	for _, h := range hosts {
		if h.next.After(turn) {
			turn = h.next
		}
	}
	if latest, ok := ctx.Deadline(); ok && latest.Before(turn) {
		return turn, context.DeadlineExceeded
	}
	for _, h := range hosts {
		h.next = turn.Add(time.Duration(float64(time.Second) / g.config.RequestRatePerHost))
	}
	return turn, nil
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
