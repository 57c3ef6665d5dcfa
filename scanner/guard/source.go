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

// isSource tells whether an address is that of a declared source, as written.
func (g *Guard) isSource(address string) bool { return slices.Contains(g.config.Sources, address) }

// dialSource connects to a declared source, wherever it is except at an
// excluded address.
func (g *Guard) dialSource(ctx context.Context, network, address string) (net.Conn, error) {
	if err := g.authorised(address); err != nil {
		return nil, err
	}
	host, port, err := splitEndpoint(network, address)
	if err != nil {
		return nil, err
	}
	routes, err := g.sourceRoutes(ctx, host, port)
	if err != nil {
		return nil, err
	}
	if err := g.findExcluded(ctx); err != nil {
		return nil, err
	}
	failed := refuse(scanner.RefusedExcluded, address, "the source has no address that may be dialled")
	for _, r := range ofFamily(routes, network) {
		if err := g.excluded(r); err != nil {
			failed = err
			continue
		}
		recheck := func() error { return errors.Join(g.authorised(address), g.excluded(r)) }
		conn, err := g.connect(ctx, network, r.at, recheck, func() {})
		if err == nil {
			return conn, nil
		}
		failed = err
	}
	return nil, failed
}

func (g *Guard) sourceRoutes(ctx context.Context, host string, port uint16) ([]route, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []route{{asked: host, at: netip.AddrPortFrom(addr.Unmap(), port)}}, nil
	}
	return g.nameRoutes(ctx, hostname.Canonical(host), port)
}
