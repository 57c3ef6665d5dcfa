// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/time/rate"

	"carescan/scanner"
)

// host is what one address has cost and may still cost. It is known by its
// address: two names of the same machine share one budget.
type host struct {
	places chan struct{}
	pace   *rate.Limiter
	spent  int // guarded by Guard.mu
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
