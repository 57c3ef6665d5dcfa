// SPDX-License-Identifier: Apache-2.0

// Package dnssecprobe validates a domain from a trust anchor, as a resolver
// would, and tells for each of its servers which records hold and which do not.
//
// The keys and the delegations on the way down are asked of the recursive
// resolvers, told not to check by themselves: their word is not trusted, only
// signatures are. The records of the domain are asked of each of its servers
// that the scope permits, of the resolvers otherwise.
package dnssecprobe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// The bounds of one look.
const (
	defaultTimeout = 3 * time.Second
	lookTime       = 90 * time.Second
	maxExchanges   = 96 // retries and TCP included
	maxServers     = 8  // name servers asked
	maxDepth       = 16 // labels between the anchor and the domain
)

// Options tune the probe; the zero value works.
type Options struct {
	// Anchor are DS or DNSKEY records of one zone, in presentation form; the keys
	// of the root when empty. They stand for whatever that zone's parent says.
	Anchor  []string
	Timeout time.Duration // of one exchange; 3 s when zero
}

// Probe validates a domain.
type Probe struct {
	anchor  anchor
	timeout time.Duration
}

// New makes the probe. It fails on trust anchors that are not.
func New(o Options) (*Probe, error) {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	anchor, err := readAnchor(o.Anchor)
	if err != nil {
		return nil, err
	}
	return &Probe{anchor, o.Timeout}, nil
}

// Name is what plans call the probe.
const Name = "dnssec"

// Name is the word used in plans.
func (*Probe) Name() string { return Name }

// TargetKind is the kind of target it looks at.
func (*Probe) TargetKind() scanner.TargetKind { return scanner.KindDomain }

// Facts are the kinds of fact it brings back.
func (*Probe) Facts() []string { return []string{fact.DNSSEC{}.FactKind()} }

// Needs gives the most it costs a domain. A healthy signed domain of two servers
// costs 18 exchanges, an unsigned one 5.
func (*Probe) Needs() scanner.Needs {
	return scanner.Needs{
		Contacts: []scanner.Contact{scanner.ContactResolvers, scanner.ContactServers, scanner.ContactRegistry},
		Load:     scanner.Load{Connections: maxExchanges, Requests: maxExchanges},
	}
}

// Observe walks down to the domain, then looks at its servers.
func (p *Probe) Observe(ctx context.Context, net scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	name, err := domainName(t)
	if err != nil {
		return nil, err
	}
	l := p.newLook(net, name)
	if len(l.resolvers) == 0 {
		return nil, fmt.Errorf("look at %s: %w", t.Key(), dnswire.ErrNoResolver)
	}
	ctx, cancel := scanner.WithPatience(ctx, lookTime)
	defer cancel()
	l.walk(ctx, p.anchor)
	l.servers(ctx)
	l.opinion(ctx)
	l.fact.Queries = l.asker.Made()
	return []scanner.Sighting{{Fact: l.fact, Artifacts: l.asker.journal.Artifacts("DNSSEC answers")}}, nil
}

// look is one look at one domain.
type look struct {
	name      string // with its final dot
	resolvers []string
	asker     *asker
	validator *validator
	fact      fact.DNSSEC
	prints    []*dns.DS // proven for the name itself
}

func (p *Probe) newLook(net scanner.Network, name string) *look {
	var resolvers []string
	for _, r := range dnswire.Resolvers(net) {
		resolvers = append(resolvers, r.Address)
	}
	return &look{
		name: dns.Fqdn(name), resolvers: resolvers,
		asker:     &asker{Asker: dnswire.NewAsker(net, p.timeout, maxExchanges), net: net},
		validator: &validator{at: time.Now(), left: lookValidations},
		fact:      fact.DNSSEC{Name: name, Anchor: unrooted(p.anchor.zone), Zone: unrooted(p.anchor.zone)},
	}
}

// unrooted is a zone as facts write it: no final dot, except for the root.
func unrooted(zone string) string {
	if zone == "." {
		return zone
	}
	return strings.TrimSuffix(zone, ".")
}

// domainName reads the target, and refuses what would not mean the same name
// once written in a DNS message.
func domainName(t scanner.Target) (string, error) {
	name := scanner.CanonicalName(t.ID)
	if t.Kind != scanner.KindDomain {
		return "", scanner.WrongTarget("dnssec", t)
	}
	if !dnswire.IsHostName(name) {
		return "", fmt.Errorf("look at %s: %w", t.Key(), errNotDomain)
	}
	return name, nil
}

var errNotDomain = scanner.NotSeen(scanner.CauseBadName, nil, errors.New("not a domain name in ASCII form"))
