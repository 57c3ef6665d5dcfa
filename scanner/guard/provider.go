// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"carescan/scanner"
	"carescan/scanner/hostname"
)

// ways are the routes to a host: those that the scope allows, or those to a
// declared provider, met as an ordinary client.
//
// A provider's server is found by a declared name, all of whose aliases are
// declared too and whose address is public, or by a declared address. What is
// excluded stays excluded. Without a purpose it is refused as a provider's; with
// one, only the port of that service is open, for a domain of the scope.
func (g *Guard) ways(ctx context.Context, host string, port uint16) ([]route, error) {
	routes, err := g.routes(ctx, host, port)
	refusal, refused := errors.AsType[*scanner.Refusal](err)
	if !refused || refusal.Code != scanner.RefusedOutOfScope || g.config.Scope.Providers.IsZero() {
		return routes, err
	}
	purpose := scanner.PurposeOf(ctx)
	if purpose == (scanner.Purpose{}) && g.config.Scope.Providers.HasName(host) {
		return nil, clientOnly(host)
	}
	routes, errProvider := g.providerRoutes(ctx, host, port)
	switch {
	case errProvider != nil:
		return nil, errProvider
	case len(routes) == 0:
		return nil, err
	case !g.serves(purpose, port):
		return nil, clientOnly(host)
	}
	for i := range routes {
		routes[i].purpose = purpose
	}
	g.remember(routes)
	return routes, nil
}

func clientOnly(address string) error {
	return refuse(scanner.RefusedProvider, address, "it is a declared provider's: an ordinary client does not ask for this")
}

// servicePorts are where providers serve those who are not their customers.
var servicePorts = map[scanner.Service]uint16{scanner.ServiceNames: 53, scanner.ServiceMail: 25}

// serves tells whether a purpose is that of a client, at this port.
func (g *Guard) serves(p scanner.Purpose, port uint16) bool {
	known, ok := servicePorts[p.Service]
	return ok && (port == known || port == anyPort) && g.config.Scope.HasName(p.Domain)
}

// providerRoutes are the routes that lead to a declared provider; none and no error
// means that the host is not one.
func (g *Guard) providerRoutes(ctx context.Context, host string, port uint16) ([]route, error) {
	if err := g.findExcluded(ctx); err != nil {
		return nil, err
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		r := route{asked: host, at: netip.AddrPortFrom(addr.Unmap(), port)}
		if g.judgeProvider(r) == nil {
			return []route{r}, nil
		}
		return nil, nil
	}
	name := hostname.Canonical(host)
	declared := g.config.Scope.Providers.HasName(name)
	if g.config.Scope.NameExcludedBy(name) != "" || !declared && len(g.config.Scope.Providers.Ranges) == 0 {
		return nil, nil
	}
	all, err := g.nameRoutes(ctx, name, port)
	if err != nil && declared {
		return nil, err
	}
	var allowed []route
	var refusal error
	for _, r := range all {
		if err := g.judgeProvider(r); err == nil {
			allowed = append(allowed, r)
		} else if refusal == nil {
			refusal = err
		}
	}
	switch {
	case len(allowed) > 0 || !declared:
		return allowed, nil
	case refusal == nil:
		return nil, &net.DNSError{Err: "the name has no address", Name: name, IsNotFound: true}
	}
	return nil, refusal
}

// judgeWay judges a route once more, by the rules that let it through.
func (g *Guard) judgeWay(r route) error {
	if r.purpose == (scanner.Purpose{}) {
		return g.judge(r)
	}
	return g.judgeProvider(r)
}

// judgeProvider refuses what is not a declared provider's.
func (g *Guard) judgeProvider(r route) error {
	if err := g.excluded(r); err != nil {
		return err
	}
	if err := g.perhapsExcluded(r); err != nil {
		return err
	}
	scope, addr := g.config.Scope, r.at.Addr()
	foreign := func(name string) bool { return !scope.Providers.HasName(name) && !scope.HasName(name) }
	switch {
	case scope.Providers.HasAddress(addr):
		return nil
	case len(r.names) == 0 && g.isClientOf(addr):
		return nil
	case len(r.names) == 0 || !scope.Providers.HasName(r.names[0]) || slices.ContainsFunc(r.names, foreign):
		return refuse(scanner.RefusedOutOfScope, r.describe(), "neither the names that lead to it nor the address are a declared provider's")
	case !isPublic(addr):
		return refuse(scanner.RefusedOutOfScope, r.describe(), "the address is not a public one, and is not declared as a provider's")
	}
	return nil
}

// remember lets the other addresses of a provider's name be dialled by their
// digits: senders of mail and resolvers try them all.
func (g *Guard) remember(routes []route) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range routes {
		if len(g.clientOf) < maxCached {
			g.clientOf[r.at.Addr()] = struct{}{}
		}
	}
}

func (g *Guard) isClientOf(addr netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.clientOf[addr]
	return ok
}
