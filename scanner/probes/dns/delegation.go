// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// The bounds of the look at the delegation.
const (
	maxParents = 2 // servers of the registry that are asked
	maxTries   = 3 // before a server is called silent (exposure-checks.md section 1.2)
)

// Geography tells who announces an address: 0 when it does not know.
type Geography interface {
	Locate(addr netip.Addr) (asn uint32, name, country string)
}

// parent asks the registry for the delegation. Its servers are never asked to
// resolve.
func (a *asker) parent(ctx context.Context, name string) fact.RecordSet {
	set := fact.RecordSet{Name: name, Type: "NS", Answer: fact.NoAnswer}
	if len(climb(name)) > 1 {
		set.Error = "the name lies below a registrable domain: no registry delegates it"
		return set
	}
	registries, err := a.net.Parents(ctx, name)
	if err != nil {
		set.Error = shorten("the servers of the registry were not found: " + err.Error())
		return set
	}
	set.Error = "no server of the registry is known"
	registries = rotate(registries, scanner.Attempt(ctx))
	for _, at := range registries[:min(len(registries), maxParents)] {
		if a.askParent(ctx, &set, server{address: at.String()}) {
			break
		}
	}
	a.journal.set(set)
	return set
}

func (a *asker) askParent(ctx context.Context, set *fact.RecordSet, s server) bool {
	reply, from, err := a.insist(ctx, s, dnswire.NewQuery(set.Name, dns.TypeNS, false))
	if err == nil {
		set.Server, set.Error = from, ""
		err = settleReferral(set, reply)
	}
	if err != nil {
		set.Error = shorten(fmt.Sprintf("%s: %v", s.address, err))
	}
	return err == nil
}

var errNoReferral = errors.New("the server neither delegates the domain nor denies it")

// settleReferral reads a delegation: NS records of the domain, in the section of
// authority (RFC 1034 section 4.3.2), or in the answer when the server holds
// both zones.
func settleReferral(set *fact.RecordSet, reply *dns.Msg) error {
	if reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError {
		return fmt.Errorf("the server answered %s", rcodeName(reply.Rcode))
	}
	values := nsOf(set.Name, slices.Concat(reply.Answer, reply.Ns))
	switch {
	case len(values) > 0 && reply.Rcode == dns.RcodeSuccess:
		set.Answer = fact.Present
	case !reply.Authoritative:
		return errNoReferral
	case reply.Rcode == dns.RcodeNameError:
		set.Answer, values = fact.NXDomain, nil
	default:
		set.Answer = fact.NoData
	}
	set.Values, set.Error = keep(values)
	return nil
}

// nsOf lists the name servers of a domain among records, without final dot.
func nsOf(name string, records []dns.RR) []string {
	var hosts []string
	for _, rr := range records {
		if ns, ok := rr.(*dns.NS); ok && strings.EqualFold(ns.Hdr.Name, dns.Fqdn(name)) {
			hosts = append(hosts, scanner.CanonicalName(ns.Ns))
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// delegation asks each server, at each address, whether it answers for the zone.
func (p *Probe) delegation(ctx context.Context, a *asker, d fact.Delegation, servers []nameServer) fact.Delegation {
	ctx, cancel := context.WithTimeout(ctx, delegationTime)
	defer cancel()
	d.Servers = []fact.NameServer{}
	for _, s := range servers {
		seen := fact.NameServer{Host: s.host, Answer: s.answer, Error: s.err}
		for _, way := range s.doors {
			if way.addr.IsValid() {
				seen.Addresses = append(seen.Addresses, p.atAddress(ctx, a, d.Name, way))
			}
		}
		d.Servers = append(d.Servers, seen)
	}
	return d
}

// atAddress asks for the start of the zone over UDP and its servers over TCP:
// two questions show both transports and all that is wanted.
func (p *Probe) atAddress(ctx context.Context, a *asker, name string, d door) fact.ServerAddress {
	at := fact.ServerAddress{Address: d.address()}
	if p.geography != nil {
		at.AS, _, _ = p.geography.Locate(d.addr)
	}
	if d.refused != nil {
		at.UDP = fact.ServerReply{State: fact.ServerNotAsked, Error: shorten(d.refused.Error())}
		at.TCP = at.UDP
		return at
	}
	var reply *dns.Msg
	at.UDP, reply = a.hear(ctx, "udp", d.server(), name, dns.TypeSOA)
	at.SOA = soaOf(name, reply)
	at.TCP, reply = a.hear(ctx, "tcp", d.server(), name, dns.TypeNS)
	if at.TCP.State != fact.ServerAuthoritative && at.UDP.State == fact.ServerAuthoritative {
		_, reply = a.hear(ctx, "udp", d.server(), name, dns.TypeNS)
	}
	at.NS, _ = keep(nsOf(name, answers(reply)))
	return at
}

// hear asks until the server answers for the zone, three times at most, and says
// what the tries amount to: an answer counts more than a closed port, and that
// more than silence.
func (a *asker) hear(ctx context.Context, transport string, s server, name string, qtype uint16) (fact.ServerReply, *dns.Msg) {
	heard := fact.ServerReply{State: fact.ServerSilent, Error: "the time of this look is spent"}
	if ctx.Err() != nil {
		return fact.ServerReply{State: fact.ServerNotAsked, Error: heard.Error}, nil
	}
	for range a.tries(transport, s) {
		reply, from, err := a.over(ctx, transport, s, dnswire.NewQuery(name, qtype, false))
		if err == nil {
			a.journal.reply(name, qtype, from, reply)
		}
		state := serverState(name, reply, err)
		if state.State == fact.ServerAuthoritative {
			return state, reply
		}
		if state.State != fact.ServerSilent || heard.State == fact.ServerSilent {
			heard = state
		}
		if err != nil && isOurs(err) {
			break
		}
	}
	a.remember(transport, s, heard.State)
	return heard, nil
}

// tries is how often a server is asked: once over TCP when UDP brought nothing.
func (a *asker) tries(transport string, s server) int {
	if transport == "tcp" && a.silences[s.key()] >= maxSilences {
		return 1
	}
	return maxTries
}

func (a *asker) remember(transport string, s server, state fact.ServerState) {
	if transport == "udp" && state == fact.ServerSilent {
		a.silences[s.key()] = maxSilences
	}
}

// serverState reads one try.
func serverState(name string, reply *dns.Msg, err error) fact.ServerReply {
	state := fact.ServerSilent
	switch {
	case err == nil:
		return authority(name, reply)
	case isNoRoute(err):
		state = fact.ServerNoRoute
	case isOurs(err):
		state = fact.ServerNotAsked
	case errors.Is(err, syscall.ECONNREFUSED):
		state = fact.ServerClosed
	}
	return fact.ServerReply{State: state, Error: shorten(err.Error())}
}

// authority tells whether a server answers for the zone: with authority, and
// with the record of its top (RFC 1912 section 2.8).
func authority(name string, reply *dns.Msg) fact.ServerReply {
	lame := fact.ServerReply{State: fact.ServerLame}
	switch {
	case reply.Rcode != dns.RcodeSuccess:
		lame.Error = "the server answered " + rcodeName(reply.Rcode)
	case !reply.Authoritative:
		lame.Error = "the server answers without authority"
	case !reply.Truncated && !isTop(name, reply):
		lame.Error = "the server does not hold the top of the zone"
	default:
		return fact.ServerReply{State: fact.ServerAuthoritative}
	}
	return lame
}

func isTop(name string, reply *dns.Msg) bool {
	return soaOf(name, reply) != nil || len(nsOf(name, reply.Answer)) > 0
}

// soaOf reads the start of the zone; its mail address stays behind.
func soaOf(name string, reply *dns.Msg) *fact.StartOfAuthority {
	for _, rr := range answers(reply) {
		if soa, ok := rr.(*dns.SOA); ok && strings.EqualFold(soa.Hdr.Name, dns.Fqdn(name)) {
			return &fact.StartOfAuthority{
				Serial: soa.Serial, Refresh: soa.Refresh, Retry: soa.Retry, Expire: soa.Expire, Minimum: soa.Minttl,
			}
		}
	}
	return nil
}

func answers(reply *dns.Msg) []dns.RR {
	if reply == nil {
		return nil
	}
	return reply.Answer
}

// rotate begins a list with another of its members.
func rotate[T any](list []T, by int) []T {
	if len(list) == 0 {
		return nil
	}
	by %= len(list)
	return slices.Concat(list[by:], list[:by])
}

// missingServers says why nothing is known of the servers.
func missingServers(d fact.Delegation) string {
	if d.Zone.Answer == fact.NoAnswer && len(d.Servers) == 0 {
		return "the name servers are not known: " + d.Zone.Error
	}
	return ""
}
