// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"

	"carescan/scanner"
)

// find gives the addresses of a name: those that the resolvers tell or, when they
// fail, those that the registry gives with its referral. A domain none of whose
// servers answers for it can be looked at in no other way.
func (g *Guard) find(ctx context.Context, name string) ([]resolved, error) {
	found, err := g.resolver.lookup(ctx, name)
	if err == nil {
		return found, nil
	}
	if glue := g.glue(ctx, name); len(glue) > 0 {
		g.resolver.keep(name, glue)
		return glue, nil
	}
	return nil, err
}

// glue asks the registry of a domain for the addresses of one of its name servers
// (RFC 9471). Only a registry that Parents has found is asked, and believed only
// about names below the domain it delegates; what it gives is then judged as any
// other address is.
func (g *Guard) glue(ctx context.Context, name string) []resolved {
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return nil
	}
	servers := g.parentsOf(domain)
	if len(servers) == 0 {
		return nil
	}
	answer, err := g.refer(ctx, servers, domain)
	if err != nil || !delegates(answer, domain, name) {
		return nil
	}
	var addrs []netip.Addr
	extra := answer.Extra[:min(len(answer.Extra), maxRecords)]
	for _, family := range []uint16{dns.TypeA, dns.TypeAAAA} {
		given, _ := owned(extra, name, family)
		addrs = append(addrs, given...)
	}
	return withNames(addrs, []string{name})
}

// delegates tells whether an answer refers a domain to a name server.
func delegates(answer *dns.Msg, domain, name string) bool {
	return slices.ContainsFunc(answer.Ns[:min(len(answer.Ns), maxRecords)], func(record dns.RR) bool {
		ns, ok := record.(*dns.NS)
		return ok && strings.EqualFold(ns.Hdr.Name, dns.Fqdn(domain)) && plainName(ns.Ns) == name
	})
}

// parentsOf are the servers of a registry that Parents has found.
func (g *Guard) parentsOf(domain string) []netip.AddrPort {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.parents[scanner.CanonicalName(domain)]
}

func (g *Guard) rememberParents(domain string, servers []netip.AddrPort) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.parents[domain] = servers
}
