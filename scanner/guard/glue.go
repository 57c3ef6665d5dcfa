// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
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
		g.learn(glue) // before the search for excluded names can find it kept
		g.resolver.keep(name, glue)
		return glue, nil
	}
	return nil, err
}

// glue finds the addresses that the registry of a domain gives for one of its name
// servers (RFC 9471). Only a registry that Parents has found is asked, and believed
// only about names below the domain it delegates; what it gives is then judged as any
// other address is.
func (g *Guard) glue(ctx context.Context, name string) []resolved {
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return nil
	}
	answer := g.referralOf(ctx, domain)
	if answer == nil || !delegates(answer, domain, name) {
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

// delegation is what Parents has found of a domain, and what its registry last said
// of it, which stands as long as an answer of the resolvers.
type delegation struct {
	registry []netip.AddrPort
	referral *dns.Msg // nil when the registry told none
	until    time.Time
}

// referralOf asks the registry of a domain whom it delegates to, once for all the
// names that cannot be found.
func (g *Guard) referralOf(ctx context.Context, domain string) *dns.Msg {
	g.mu.Lock()
	known := g.delegations[domain]
	g.mu.Unlock()
	if len(known.registry) == 0 || g.config.Clock().Before(known.until) {
		return known.referral
	}
	answer, err := g.refer(ctx, known.registry, domain)
	if err != nil {
		answer = nil
	}
	if ctx.Err() == nil {
		known.referral, known.until = answer, g.config.Clock().Add(keepFor)
		g.mu.Lock()
		g.delegations[domain] = known
		g.mu.Unlock()
	}
	return answer
}

// rememberRegistry notes the servers that Parents has found.
func (g *Guard) rememberRegistry(domain string, servers []netip.AddrPort) {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.delegations[domain]
	known.registry = servers
	g.delegations[domain] = known
}

// delegates tells whether an answer refers a domain to a name server.
func delegates(answer *dns.Msg, domain, name string) bool {
	return slices.ContainsFunc(answer.Ns[:min(len(answer.Ns), maxRecords)], func(record dns.RR) bool {
		ns, ok := record.(*dns.NS)
		return ok && strings.EqualFold(ns.Hdr.Name, dns.Fqdn(domain)) && plainName(ns.Ns) == name
	})
}
