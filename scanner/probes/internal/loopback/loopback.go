// SPDX-License-Identifier: Apache-2.0

// Package loopback is the door to the network of probe tests: it really dials
// servers of the test, on loopback, under the names they would have in the
// world, and refuses all the rest.
package loopback

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"

	"carescan/scanner"
)

// Network implements scanner.Network for one test.
type Network struct {
	Routes    map[string]string // "host:port" in the world → "127.0.0.1:port" of the test
	Addresses map[string][]netip.Addr
	// Silent names cannot be looked up: the resolver does not answer for them.
	Silent     map[string]error
	Recursives []netip.AddrPort
	Registries []netip.AddrPort // given as the parents of every domain
	Authorised bool             // looks of level P3
	// Authorities are those of certificates: "host:80" in the world → "127.0.0.1:port".
	Authorities map[string]string
	// Providers are hosts with a route that are met for a purpose only.
	Providers []string

	mu    sync.Mutex
	dials []string
	paced []string
}

// DialContext dials the server of the test that stands for an address.
func (n *Network) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if n.isShut(ctx, address) {
		return nil, &scanner.Refusal{Code: scanner.RefusedProvider, Address: address}
	}
	n.mu.Lock()
	n.dials = append(n.dials, network+" "+address)
	n.mu.Unlock()
	real, known := n.Routes[address]
	if at, err := netip.ParseAddrPort(address); err == nil && slices.Contains(slices.Concat(n.Recursives, n.Registries), at) {
		real, known = address, true
	}
	if !known {
		return nil, refusal(address)
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, real)
	if err != nil {
		return nil, err
	}
	return guarded{conn}, nil
}

// guarded hides the type of a connection, as the guard does.
type guarded struct{ net.Conn }

// Permits allows the hosts that have a route, and the places that are one.
func (n *Network) Permits(ctx context.Context, place string) error {
	if n.isShut(ctx, place) {
		return &scanner.Refusal{Code: scanner.RefusedProvider, Address: place}
	}
	for address := range n.Routes {
		if name, _, err := net.SplitHostPort(address); err == nil && (name == place || address == place) {
			return nil
		}
	}
	return refusal(place)
}

// isShut tells a provider's host, or a place of it, for whoever has no purpose.
func (n *Network) isShut(ctx context.Context, place string) bool {
	host, _, err := net.SplitHostPort(place)
	if err != nil {
		host = place // alone
	}
	return slices.Contains(n.Providers, host) && scanner.PurposeOf(ctx) == (scanner.Purpose{})
}

// Pace never waits: the servers of a test have no other visitor.
func (n *Network) Pace(_ context.Context, host string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.paced = append(n.paced, host)
	return nil
}

// Lookup gives the addresses of the test, or those of the routes of a name; a name
// without any is proven to have none.
func (n *Network) Lookup(_ context.Context, host string) ([]netip.Addr, error) {
	if err := n.Silent[host]; err != nil {
		return nil, err
	}
	if found, known := n.Addresses[host]; known {
		return found, nil
	}
	var found []netip.Addr
	for address, real := range n.Routes {
		name, _, err := net.SplitHostPort(address)
		at, parseErr := netip.ParseAddrPort(real)
		if err == nil && parseErr == nil && name == host && !slices.Contains(found, at.Addr()) {
			found = append(found, at.Addr())
		}
	}
	return found, nil
}

// Resolvers lists the recursive resolvers of the test.
func (n *Network) Resolvers() []netip.AddrPort { return n.Recursives }

// Parents lists the registries of the test.
func (n *Network) Parents(context.Context, string) ([]netip.AddrPort, error) {
	return n.Registries, nil
}

// Intrusive allows looks of level P3 when the test says so.
func (n *Network) Intrusive() error {
	if n.Authorised {
		return nil
	}
	return &scanner.Refusal{Code: scanner.RefusedIntrusive, Detail: "not in this test"}
}

// UserAgent is what requests of the test call themselves.
func (*Network) UserAgent() string { return "CareScan-test (+https://crrc.test/contact)" }

// Dials lists every dial so far, as "tcp host:port", refused ones included.
func (n *Network) Dials() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.dials)
}

// Paced lists the hosts of every request that asked for its turn.
func (n *Network) Paced() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.paced)
}

func refusal(address string) error {
	return &scanner.Refusal{Code: scanner.RefusedOutOfScope, Address: address, Detail: "not in this test"}
}

// DialAuthority dials the server of the test that stands for an authority of
// certificates; without Authorities, it refuses as a guard that was not told to.
func (n *Network) DialAuthority(ctx context.Context, address string) (net.Conn, error) {
	n.mu.Lock()
	n.dials = append(n.dials, "authority "+address)
	n.mu.Unlock()
	real, known := n.Authorities[address]
	if !known {
		return nil, refusal(address)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", real)
}
