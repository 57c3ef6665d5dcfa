// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"net"
	"net/netip"

	"carescan/scanner"
	"carescan/scanner/hostname"
)

// authorised refuses when the run is over or the permission does not hold now.
func (g *Guard) authorised(address string) error {
	if g.life.Err() != nil {
		return stopped(address)
	}
	if !g.config.Scope.Authorisation.ValidAt(g.config.Clock()) {
		return refuse(scanner.RefusedExpired, address, "no written authorisation holds at this moment")
	}
	return nil
}

// open is authorised, and outside quiet hours.
func (g *Guard) open(address string) error {
	if err := g.authorised(address); err != nil {
		return err
	}
	if isQuiet(g.quiet, g.config.Clock().In(g.config.Location)) {
		return refuse(scanner.RefusedQuietHours, address, "targets are not contacted at this hour")
	}
	return nil
}

// routes finds the ways to a host that the scope allows. When it allows none,
// the error is the refusal of the first.
func (g *Guard) routes(ctx context.Context, host string, port uint16) ([]route, error) {
	all, err := g.allRoutes(ctx, host, port)
	if err != nil {
		return nil, err
	}
	if err := g.findExcluded(ctx); err != nil {
		return nil, err
	}
	var allowed []route
	var refusal error
	for _, r := range all {
		if err := g.judge(r); err == nil {
			allowed = append(allowed, r)
		} else if refusal == nil {
			refusal = err
		}
	}
	if len(allowed) == 0 {
		return nil, refusal
	}
	return allowed, nil
}

func (g *Guard) allRoutes(ctx context.Context, host string, port uint16) ([]route, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []route{{asked: host, at: netip.AddrPortFrom(addr.Unmap(), port)}}, nil
	}
	name := hostname.Canonical(host)
	if err := g.judgeName(name); err != nil {
		return nil, err
	}
	routes, err := g.nameRoutes(ctx, name, port)
	if err != nil {
		return nil, err
	}
	if len(routes) == 0 {
		return nil, &net.DNSError{Err: "the name has no address", Name: name, IsNotFound: true}
	}
	return routes, nil
}

// nameRoutes are the ways to a name: what redirects declare or, without one, what is
// found of it.
func (g *Guard) nameRoutes(ctx context.Context, name string, port uint16) ([]route, error) {
	if routes := g.redirected(name, port); len(routes) > 0 {
		return routes, nil
	}
	found, err := g.find(scanner.Settled(ctx), name) // a way, and no fact to confirm
	return toRoutes(name, found, port), err
}

func (g *Guard) judgeName(name string) error {
	if entry := g.config.Scope.NameExcludedBy(name); entry != "" {
		return refuseExcluded(name, entry, "the name is excluded from the scope")
	}
	if !g.config.Scope.HasName(name) {
		return refuse(scanner.RefusedOutOfScope, name, "the name is not in the declared scope")
	}
	return nil
}

// judge applies rules 4 and 6 of Guard to one address and the names before it.
// No range holds an address with a zone, and no DNS answer gives one.
func (g *Guard) judge(r route) error {
	scope, addr := g.config.Scope, r.at.Addr()
	if err := g.excluded(r); err != nil {
		return err
	}
	if err := g.perhapsExcluded(r); err != nil {
		return err
	}
	switch {
	case len(r.names) == 0 || len(scope.Ranges) > 0:
		return g.judgeRange(r)
	case !isPublic(addr):
		return refuse(scanner.RefusedOutOfScope, r.describe(), "the address is not a public one, and no range is declared")
	}
	return g.judgeNames(r)
}

func (g *Guard) judgeRange(r route) error {
	if g.config.Scope.HasAddress(r.at.Addr()) {
		return nil
	}
	return refuse(scanner.RefusedOutOfScope, r.describe(), "the address is not in a declared range")
}

func (g *Guard) judgeNames(r route) error {
	for _, name := range r.names {
		if !g.config.Scope.HasName(name) {
			return refuse(scanner.RefusedOutOfScope, r.describe(), "it is reached through "+name+", which is not in the declared scope")
		}
	}
	return nil
}
