// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"carescan/scanner"
)

// route is one way to a target: an address, and the names that led to it, none
// for a literal address.
type route struct {
	asked string // as the caller wrote it, for messages
	at    netip.AddrPort
	names []string
	// declared tells that a redirect gave the place.
	declared bool
	// purpose is what a provider is met for; the zero value for what the scope allows.
	purpose scanner.Purpose
}

func (r route) describe() string {
	if len(r.names) == 0 {
		return r.at.Addr().String()
	}
	return r.asked + " (" + r.at.Addr().String() + ")"
}

// ofFamily keeps the routes that "tcp4" or "udp6" ask for.
func ofFamily(routes []route, network string) []route {
	var kept []route
	for _, r := range routes {
		if v4 := r.at.Addr().Is4(); network[3:] == "" || v4 == (network[3:] == "4") {
			kept = append(kept, r)
		}
	}
	return kept
}

// redirected lists the declared addresses of a name: for one port that of the
// port, or else that of all ports; for any port every one of them.
func (g *Guard) redirected(name string, port uint16) []route {
	if at, ok := g.redirects[redirectKey(name, port)]; ok {
		return []route{redirectRoute(name, at, port)}
	}
	if at, ok := g.redirects[redirectKey(name, anyPort)]; ok {
		return []route{redirectRoute(name, at, port)}
	}
	if port != anyPort {
		return nil
	}
	var routes []route
	for key, at := range g.redirects {
		if strings.HasPrefix(key, net.JoinHostPort(name, "")) {
			routes = append(routes, redirectRoute(name, at, port))
		}
	}
	slices.SortFunc(routes, func(a, b route) int { return a.at.Compare(b.at) })
	return routes
}

func redirectRoute(name string, at netip.AddrPort, port uint16) route {
	if at.Port() == anyPort {
		at = netip.AddrPortFrom(at.Addr(), port)
	}
	return route{asked: name, at: at, names: []string{name}, declared: true}
}

func toRoutes(asked string, found []resolved, port uint16) []route {
	routes := make([]route, 0, len(found))
	for _, f := range found {
		routes = append(routes, route{asked: asked, at: netip.AddrPortFrom(f.addr, port), names: f.names})
	}
	return routes
}

// addresses lists the distinct addresses of routes, in their order.
func addresses(routes []route) []netip.Addr {
	addrs := make([]netip.Addr, 0, len(routes))
	for _, r := range routes {
		if !slices.Contains(addrs, r.at.Addr()) {
			addrs = append(addrs, r.at.Addr())
		}
	}
	return addrs
}
