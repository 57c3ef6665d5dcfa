// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"context"
	"errors"
	"fmt"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
	"carescan/scanner/probes/internal/nsec"
)

// about says which part of the fact a question is asked for.
func about(ctx context.Context, part string) context.Context {
	return scanner.About(ctx, fact.DNSSEC{}.FactKind(), part)
}

// maxError is the longest text of an error that is kept.
const maxError = 300

// walk goes from the anchor to the name, one label at a time, and stops at the
// first zone that is not secure.
func (l *look) walk(ctx context.Context, from anchor) {
	depth := dns.CountLabel(l.name) - dns.CountLabel(from.zone)
	if !dns.IsSubDomain(from.zone, l.name) || depth > maxDepth {
		l.end(unprovable(fact.NoAnchor))
		return
	}
	by, ok := l.enter(ctx, from.zone, from.prints, &fact.DNSSECLink{Zone: unrooted(from.zone), DS: describePrints(from.prints)})
	if !ok && l.fact.State == fact.Bogus {
		l.end(unprovable(fact.AnchorUnproven)) // a resolver that drops signatures, or an old anchor
	}
	for labels := dns.CountLabel(from.zone) + 1; ok && labels <= dns.CountLabel(l.name); labels++ {
		by, ok = l.descend(ctx, nsec.Tail(l.name, labels), by)
	}
	if from.zone == l.name {
		l.prints = from.prints
	}
}

// end closes the walk with the state of the delegation.
func (l *look) end(v verdict) { l.fact.State, l.fact.Reason = v.state, v.reason }

// enter proves the keys of a zone from the prints of its parent. It tells
// whether the walk may go on.
func (l *look) enter(ctx context.Context, zone string, prints []*dns.DS, link *fact.DNSSECLink) (authority, bool) {
	var by authority
	got := l.consult(about(ctx, fact.DNSSECChain), link, zone, dns.TypeDNSKEY, func(reply *dns.Msg) (v verdict) {
		v, by = l.validator.keys(pick(reply.Answer, zone, dns.TypeDNSKEY), prints)
		return v
	})
	link.Keys = describeKeys(by.keys)
	l.add(link, got)
	return by, got.state == fact.Secure
}

// add keeps a link; the walk is as good as its last one.
func (l *look) add(link *fact.DNSSECLink, v verdict) {
	link.State, link.Reason = v.state, v.reason
	l.fact.Links = append(l.fact.Links, *link)
	l.fact.Zone = link.Zone
	l.end(v)
}

// descend looks for a delegation at a name. Where there is none, the zone above
// goes on.
func (l *look) descend(ctx context.Context, name string, by authority) (authority, bool) {
	link := &fact.DNSSECLink{Zone: unrooted(name)}
	part := fact.DNSSECChain
	if name == l.name {
		part = fact.DNSSECKeys
	}
	var f finding
	var prints []*dns.DS
	l.consult(about(ctx, part), link, name, dns.TypeDS, func(reply *dns.Msg) verdict {
		f, prints = l.validator.validate(reply, name, dns.TypeDS, by), printsOf(reply, name)
		return f.verdict
	})
	link.DS, link.Denial = describePrints(prints), f.denial
	switch {
	case f.state == "":
		l.add(link, unprovable(fact.NotAnswered))
	case f.state != fact.Secure:
		l.add(link, f.verdict)
	case f.answer == fact.NXDomain:
		l.fact.Absent = true
	case len(prints) > 0 && !f.wildcard:
		return l.delegated(ctx, name, prints, link)
	case f.shown.delegates():
		l.add(link, insecure(fact.NoDS))
	default:
		return by, true // not the top of a zone
	}
	return authority{}, false
}

// delegated goes through a signed delegation. The keys of the name itself are
// left to its own servers.
func (l *look) delegated(ctx context.Context, name string, prints []*dns.DS, link *fact.DNSSECLink) (authority, bool) {
	if name != l.name {
		return l.enter(ctx, name, prints, link)
	}
	l.prints = prints
	if len(usable(prints)) == 0 {
		l.add(link, insecure(fact.UnsupportedAlgorithm))
	} else {
		l.add(link, secure())
	}
	return authority{}, false
}

func printsOf(reply *dns.Msg, name string) []*dns.DS {
	var prints []*dns.DS
	for _, rr := range pick(reply.Answer, name, dns.TypeDS).records {
		if ds, ok := rr.(*dns.DS); ok {
			prints = append(prints, ds)
		}
	}
	return prints
}

// consult asks the resolvers in turn until an answer settles the question: one
// that proves nothing may be the fault of the resolver.
func (l *look) consult(ctx context.Context, link *fact.DNSSECLink, name string, kind uint16, judge func(*dns.Msg) verdict) verdict {
	got := unprovable(fact.NotAnswered)
	for _, resolver := range dnswire.Turn(ctx, l.resolvers) {
		reply, from, err := l.asker.consult(ctx, resolver, name, kind)
		if err == nil {
			err = dnswire.Resolved(reply)
		}
		if err != nil {
			link.Error = excerpt.Error(fmt.Errorf("%s: %w", resolver, err), maxError)
			continue
		}
		link.Server, link.Error = from, ""
		got = judge(reply)
		if got.state == fact.Secure || got.state == fact.Insecure {
			break
		}
	}
	return got
}

var errNotAuthoritative = errors.New("the server does not answer for the domain")
