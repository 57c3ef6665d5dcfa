// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"carescan/scanner"
	"carescan/scanner/hostname"
)

// maxAuthorities is how many authorities of certificates may be asked in one run:
// the certificates of a region come from far fewer.
const maxAuthorities = 32

// portAuthority is where lists of revoked certificates are published: in clear,
// for they are signed (RFC 5280 section 8 warns against https).
const portAuthority = 80

// DialAuthority connects to an authority that a certificate names, when
// Config.Authorities says so: by its name, at port 80 of a public address that
// nothing excludes, within the pace and the budget of any address.
func (g *Guard) DialAuthority(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := joined(ctx, g.life)
	defer cancel()
	conn, err := g.dialAuthority(ctx, address)
	return conn, g.orStopped(err, address)
}

func (g *Guard) dialAuthority(ctx context.Context, address string) (net.Conn, error) {
	if !g.config.Authorities {
		return nil, refuse(scanner.RefusedOutOfScope, address, "authorities are not asked about revocation")
	}
	if err := g.open(address); err != nil {
		return nil, err
	}
	host, port, err := splitEndpoint("tcp", address)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(host); err == nil || port != portAuthority {
		return nil, refuse(scanner.RefusedOutOfScope, address, "an authority is asked by its name, at port 80")
	}
	if entry := g.config.Scope.NameExcludedBy(hostname.Canonical(host)); entry != "" {
		return nil, refuseExcluded(address, entry, "the name is excluded from the scope")
	}
	if err := g.findExcluded(ctx); err != nil {
		return nil, err
	}
	if err := g.countAuthority(address); err != nil {
		return nil, err
	}
	routes, err := g.nameRoutes(ctx, hostname.Canonical(host), port)
	if err != nil {
		return nil, err
	}
	err = refuse(scanner.RefusedOutOfScope, address, "the authority has no address")
	for _, r := range routes {
		if err = g.judgeAuthority(r); err != nil {
			continue
		}
		var conn net.Conn
		if conn, err = g.dialRoute(ctx, "tcp", r, g.judgeAuthority); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// countAuthority bounds how many are asked.
func (g *Guard) countAuthority(address string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if slices.Contains(g.authorities, address) {
		return nil
	}
	if len(g.authorities) >= maxAuthorities {
		return refuse(scanner.RefusedBudget, address, fmt.Sprintf("%d authorities were asked in this run already", maxAuthorities))
	}
	g.authorities = append(g.authorities, address)
	return nil
}

// judgeAuthority refuses what is excluded, by whatever road, and what is no public
// address unless the configuration sends the name there.
func (g *Guard) judgeAuthority(r route) error {
	if err := errors.Join(g.excluded(r), g.perhapsExcluded(r)); err != nil {
		return err
	}
	if !r.declared && !isPublic(r.at.Addr()) {
		return refuse(scanner.RefusedOutOfScope, r.describe(), "the address is not a public one")
	}
	return nil
}
