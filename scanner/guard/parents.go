// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"

	"carescan/scanner"
	"carescan/scanner/hostname"
)

// The bounds of the search for a registry.
const (
	maxReferrals  = 6 // zones between the root and a registrable domain
	maxRegistries = 2 // places kept, and asked in turn; the addresses of one more server cost two questions
	portDNS       = 53
)

// Parents lists servers of the zone above a registrable domain, and lets them be
// dialled from then on. Only zones above it are ever asked: what is below may
// belong to anybody.
//
// With root hints the referrals of the root are followed; without any, the
// resolvers tell the servers of the public suffix.
func (g *Guard) Parents(ctx context.Context, domain string) ([]netip.AddrPort, error) {
	ctx, cancel := joined(scanner.Settled(ctx), g.life) // whom to ask is no fact to confirm
	defer cancel()
	if err := g.authorised(domain); err != nil {
		return nil, err
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(hostname.Canonical(domain))
	if err != nil {
		return nil, fmt.Errorf("find the registry: %w", err)
	}
	servers, err := g.registries(ctx, domain)
	if err != nil {
		return nil, g.orStopped(fmt.Errorf("find the registry of %s: %w", domain, err), domain)
	}
	g.rememberRegistry(domain, servers)
	return servers, nil
}

func (g *Guard) registries(ctx context.Context, domain string) ([]netip.AddrPort, error) {
	if err := g.findExcluded(ctx); err != nil {
		return nil, err
	}
	if len(g.config.RootHints) > 0 {
		return g.descend(ctx, domain)
	}
	suffix, _ := publicsuffix.PublicSuffix(domain)
	answer, err := g.resolver.ask(ctx, suffix, dns.TypeNS)
	if err != nil {
		return nil, err
	}
	return g.serversOf(ctx, answer.Answer, answer.Extra)
}

// descend goes from the root to the last zone above the domain.
func (g *Guard) descend(ctx context.Context, domain string) ([]netip.AddrPort, error) {
	servers := g.config.RootHints
	if err := g.allow(ctx, servers); err != nil {
		return nil, err
	}
	for range maxReferrals {
		answer, err := g.refer(ctx, servers, domain)
		if err != nil {
			return nil, err
		}
		cut := referral(answer)
		if cut == "" || dns.IsSubDomain(dns.Fqdn(domain), cut) {
			return servers, nil
		}
		if !dns.IsSubDomain(cut, dns.Fqdn(domain)) {
			return nil, fmt.Errorf("referred to %s, which is not above it", cut)
		}
		if servers, err = g.serversOf(ctx, answer.Ns, answer.Extra); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("too many referrals")
}

// refer asks servers in turn, without recursion, whom they delegate to.
func (g *Guard) refer(ctx context.Context, servers []netip.AddrPort, domain string) (*dns.Msg, error) {
	failed := errors.New("no server to ask")
	for _, server := range servers {
		question := new(dns.Msg).SetQuestion(dns.Fqdn(domain), dns.TypeNS).SetEdns0(udpSize, true)
		question.RecursionDesired = false
		answer, err := g.resolver.exchange(ctx, server, question)
		if err == nil && (answer.Rcode == dns.RcodeSuccess || answer.Rcode == dns.RcodeNameError) {
			return answer, nil
		}
		failed = fmt.Errorf("%s gave no referral: %w", server, orRefused(err))
	}
	return nil, failed
}

func orRefused(err error) error {
	if err == nil {
		return errors.New("it refuses")
	}
	return err
}

// referral is the zone an answer refers to; empty when the server answers by
// itself.
func referral(answer *dns.Msg) string {
	if answer.Authoritative {
		return ""
	}
	for _, record := range answer.Ns {
		if record.Header().Rrtype == dns.TypeNS {
			return dns.CanonicalName(record.Header().Name)
		}
	}
	return ""
}

// serversOf finds the addresses of name servers and lets them be dialled: by a
// redirect, by the addresses given with them, or by the resolvers.
func (g *Guard) serversOf(ctx context.Context, records, extra []dns.RR) ([]netip.AddrPort, error) {
	var servers []netip.AddrPort
	for _, record := range records[:min(len(records), maxRecords)] {
		ns, ok := record.(*dns.NS)
		if !ok || len(servers) >= maxRegistries {
			continue
		}
		for _, at := range g.serverAddresses(ctx, plainName(ns.Ns), extra) {
			if g.mayBeRegistry(at) && len(servers) < maxRegistries && !slices.Contains(servers, at) {
				servers = append(servers, at)
			}
		}
	}
	if len(servers) == 0 {
		return nil, errors.New("none of its servers has a usable address")
	}
	return servers, g.allow(ctx, servers)
}

func (g *Guard) serverAddresses(ctx context.Context, name string, extra []dns.RR) []netip.AddrPort {
	if routes := g.redirected(name, portDNS); len(routes) > 0 {
		return []netip.AddrPort{routes[0].at}
	}
	addrs, _ := owned(extra[:min(len(extra), maxRecords)], name, dns.TypeA)
	if len(addrs) == 0 {
		found, err := g.resolver.lookup(ctx, name)
		if err != nil {
			return nil // another server may have an address
		}
		addrs = addresses(toRoutes(name, found, portDNS))
	}
	var servers []netip.AddrPort
	for _, addr := range addrs {
		servers = append(servers, netip.AddrPortFrom(addr, portDNS))
	}
	return servers
}

// mayBeRegistry keeps a hostile delegation from pointing at private addresses.
// A network closed upon itself has private root servers, or redirects.
func (g *Guard) mayBeRegistry(at netip.AddrPort) bool {
	closed := len(g.config.RootHints) > 0 && !slices.ContainsFunc(g.config.RootHints, func(r netip.AddrPort) bool { return isPublic(r.Addr()) })
	redirected := at.Port() != portDNS
	return g.excluded(route{at: at}) == nil && (isPublic(at.Addr()) || closed || redirected)
}

// allow lets servers be dialled as resolvers are, unless whoever asked for them
// is gone.
func (g *Guard) allow(ctx context.Context, servers []netip.AddrPort) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, s := range servers {
		g.registered[unmapped(s)] = struct{}{}
	}
	return nil
}

func (g *Guard) isRegistry(at netip.AddrPort) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.registered[unmapped(at)]
	return ok
}
