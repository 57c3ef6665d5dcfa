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

// maxParents is how many servers of the registry are asked.
const maxParents = 2

// parent asks the registry for the delegation. Its servers are never asked to
// resolve.
func (a *asker) parent(ctx context.Context, name string) fact.RecordSet {
	set := fact.RecordSet{Name: name, Type: "NS", Answer: fact.NoAnswer}
	if len(climb(name)) > 1 {
		blame(&set, errBelow)
		return set
	}
	registries, err := a.net.Parents(ctx, name)
	if err != nil {
		blame(&set, fmt.Errorf("the servers of the registry were not found: %w", err))
		return set
	}
	blame(&set, errNoRegistry)
	registries = dnswire.Turn(ctx, registries)
	for _, at := range registries[:min(len(registries), maxParents)] {
		if a.askParent(ctx, &set, dnswire.Server{Address: at.String()}) {
			break
		}
	}
	a.journal.set(set)
	return set
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
	errBelow      = scanner.NotSeen(scanner.CauseNoServer, nil, errors.New("the name lies below a registrable domain: no registry delegates it"))
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
