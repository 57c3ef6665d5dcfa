// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"net/netip"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// Geography tells who announces an address: 0 when it does not know.
type Geography interface {
	Locate(addr netip.Addr) (asn uint32, name, country string)
}

// delegation asks each server, at each address, whether it answers for the zone.
func (p *Probe) delegation(ctx context.Context, a *asker, d fact.Delegation, servers []nameServer) fact.Delegation {
	d.Servers = []fact.NameServer{}
	for _, s := range servers {
		seen := fact.NameServer{Host: s.host, Answer: s.answer}
		if s.err != nil {
			seen.Cause, seen.Error = excerpt.Why(s.err, maxError)
		}
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
	at := fact.ServerAddress{Address: d.address(), Meeting: d.meeting}
	ctx = met(ctx, d.meeting, name)
	if p.geography != nil {
		at.AS, _, _ = p.geography.Locate(d.addr)
	}
	if d.refused != nil {
		at.UDP = endedBy(fact.ServerNotAsked, d.refused)
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

// missingServers says why nothing is known of the servers.
func missingServers(ns fact.RecordSet, servers []nameServer) scanner.Causes {
	if ns.Answer == fact.NoAnswer && len(servers) == 0 {
		return unanswered(ns)
	}
	return nil
}
