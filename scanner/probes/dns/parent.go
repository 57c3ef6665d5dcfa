// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// maxParents is how many servers of the zone above are asked.
const maxParents = 2

// parent asks the zone above for the delegation: the registry, or the servers of
// the domain when the name is a sub-zone of it. They are never asked to resolve.
func (a *asker) parent(ctx context.Context, name string, resolvers []server) fact.RecordSet {
	set := fact.RecordSet{Name: name, Type: "NS", Answer: fact.NoAnswer}
	above, err := a.registries(ctx, name)
	if parents := climb(name)[1:]; len(parents) > 0 {
		above, err = a.enclosing(ctx, parents, resolvers)
	}
	if err == nil && len(above) == 0 {
		err = errNoRegistry
	}
	blame(&set, err)
	for _, s := range above[:min(len(above), maxParents)] {
		if a.askParent(ctx, &set, s) {
			break
		}
	}
	return set
}

// registries are the servers of the zone above a registrable domain. The guard
// learns there where the addresses of lost name servers can be asked for.
func (a *asker) registries(ctx context.Context, name string) ([]dnswire.Server, error) {
	found, err := a.net.Parents(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("the servers of the registry were not found: %w", err)
	}
	var servers []dnswire.Server
	for _, at := range dnswire.Turn(ctx, found) {
		servers = append(servers, dnswire.Server{Address: at.String()})
	}
	return servers, nil
}

// enclosing are the servers of the closest zone among the parents of a name, those
// that the scope permits.
func (a *asker) enclosing(ctx context.Context, parents []string, resolvers []server) ([]dnswire.Server, error) {
	for _, parent := range parents {
		set := a.ask(ctx, parent, dns.TypeNS, resolvers)
		switch set.Answer {
		case fact.NoData, fact.NXDomain:
			continue
		case fact.NoAnswer:
			return nil, set.Cause.Over(fmt.Errorf("the servers of %s are not known: %s", parent, set.Error))
		case fact.Present:
		}
		var servers []dnswire.Server
		for _, s := range authoritative(ctx, a.net, set) {
			servers = append(servers, s.Server)
		}
		if len(servers) == 0 {
			return nil, fmt.Errorf("the servers of %s may not be asked: %w", parent, a.refusal(ctx, set))
		}
		return servers, nil
	}
	return nil, errNoRegistry
}

// refusal is why the first server of a set may not be asked.
func (a *asker) refusal(ctx context.Context, set fact.RecordSet) error {
	for _, value := range set.Values {
		if err := a.net.Permits(ctx, scanner.CanonicalName(value)); err != nil {
			return err //nolint:wrapcheck // the guard has said it all
		}
	}
	return errNoRegistry
}

func (a *asker) askParent(ctx context.Context, set *fact.RecordSet, s dnswire.Server) bool {
	reply, from, err := a.Ask(ctx, s, dnswire.NewQuery(set.Name, dns.TypeNS, false))
	if err == nil {
		set.Server = from
		blame(set, nil)
		err = settleReferral(set, reply)
	}
	if err != nil {
		blame(set, fmt.Errorf("%s: %w", s.Address, err))
	}
	return err == nil
}

// Why the registry says nothing of a delegation.
var (
	errNoReferral = scanner.NotSeen(scanner.CauseNotInZone, nil, errors.New("the server neither delegates the domain nor denies it"))
	errNoRegistry = scanner.NotSeen(scanner.CauseNoServer, nil, errors.New("no server of the registry is known"))
)

// settleReferral reads a delegation: NS records of the domain, in the section of
// authority (RFC 1034 section 4.3.2), or in the answer when the server holds
// both zones.
func settleReferral(set *fact.RecordSet, reply *dns.Msg) error {
	if !dnswire.IsConclusive(reply) {
		return dnswire.Answered("the server", reply.Rcode)
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
	values, cut := keep(values)
	set.Values = values
	blame(set, cut)
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
