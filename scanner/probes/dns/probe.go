// SPDX-License-Identifier: Apache-2.0

// Package dnsprobe looks at what the DNS says of a domain: its servers, its
// mail policy, its signatures, how the registry delegates it, and whether its
// servers give the whole zone away or resolve for strangers.
//
// The name servers are learnt from the recursive resolvers. The content is asked
// of the servers of the domain when the scope permits them, because their answer
// is not hours old, and of the resolvers otherwise.
package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/hostname"
	"carescan/scanner/probes/internal/dnswire"
)

// The bounds of one look.
const (
	defaultTimeout = 3 * time.Second
	zoneTime       = 45 * time.Second
	transferTime   = 30 * time.Second
	serversTime    = 70 * time.Second // all there is to ask of the servers, transfers included
	maxExchanges   = 256              // DNS exchanges, retries and TCP included
	maxServers     = 8                // name servers looked at
	maxAddresses   = 4                // addresses looked at, by name server
	handshakes     = 1                // TLS, at the name itself
)

// Options tune the probe; the zero value works.
type Options struct {
	Timeout time.Duration // of one exchange or one transfer; 3 s when zero
	// Geography tells who announces an address; without it, the networks of the
	// name servers are not known.
	Geography Geography
	// RecursionZone is a domain of ours, below which unique names are asked of
	// name servers; "recursion-test.example" when empty. A real one lets its
	// owner see who asked.
	RecursionZone string
}

// Probe looks at the DNS of a domain.
type Probe struct {
	timeout       time.Duration
	geography     Geography
	recursionZone string
}

// New makes the probe.
func New(o Options) *Probe {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.RecursionZone == "" {
		o.RecursionZone = defaultRecursionZone
	}
	return &Probe{o.Timeout, o.Geography, hostname.Canonical(o.RecursionZone)}
}

// Name is what plans call the probe.
const Name = "dns"

// Name is the word used in plans.
func (*Probe) Name() string { return Name }

// TargetKind is the kind of target it looks at.
func (*Probe) TargetKind() scanner.TargetKind { return scanner.KindDomain }

// Facts are the kinds of fact it brings back.
func (*Probe) Facts() []string {
	return []string{
		fact.Zone{}.FactKind(), fact.Transfer{}.FactKind(), fact.Delegation{}.FactKind(), fact.Recursion{}.FactKind(),
	}
}

// Needs gives the most it costs a domain: every exchange, and every transfer. An
// ordinary domain with two name servers costs 14 exchanges, or 20 when each has
// two addresses.
func (*Probe) Needs() scanner.Needs {
	most := maxExchanges + maxServers*maxAddresses + handshakes
	return scanner.Needs{
		Contacts: []scanner.Contact{scanner.ContactResolvers, scanner.ContactServers, scanner.ContactRegistry, scanner.ContactTarget},
		Load:     scanner.Load{Connections: most, Requests: most},
	}
}

// Observe asks the DNS about the domain, then its servers for the zone, whether
// they hold it, and whether they resolve.
func (p *Probe) Observe(ctx context.Context, net scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	name, err := domainName(t)
	if err != nil {
		return nil, err
	}
	resolvers := recursive(net)
	if len(resolvers) == 0 {
		return nil, fmt.Errorf("look at %s: %w", t.Key(), dnswire.ErrNoResolver)
	}
	a := newAsker(net, p.timeout)
	zone, parent := p.zone(ctx, a, name, resolvers)
	sightings := []scanner.Sighting{{Fact: zone, Unread: unread(zone), Artifacts: a.journal.Artifacts("DNS answers")}}
	if !scanner.Wanted(ctx, zone.FactKind(), fact.ZoneCAA) {
		sightings[0].Unread = append(sightings[0].Unread, scanner.NotAgain(fact.ZoneCAA)) // no certificate beside it
	}
	sightings = append(sightings, p.servers(ctx, a, zone, parent, resolvers)...)
	return slices.DeleteFunc(sightings, func(s scanner.Sighting) bool { return !scanner.Wanted(ctx, s.Fact.FactKind(), "") }), nil
}

var errNoZone = scanner.NotSeen(scanner.CauseNoServer, nil, errors.New("the domain is not a zone of its own"))

// servers looks at the name servers of a zone, for each of the facts that are wanted.
// What the zone above says of it may be known already.
func (p *Probe) servers(ctx context.Context, a *asker, zone fact.Zone, known *fact.RecordSet, resolvers []server) []scanner.Sighting {
	ctx, cancel := scanner.WithPatience(ctx, serversTime)
	defer cancel()
	transfer, delegation, recursion := fact.Transfer{}, fact.Delegation{Name: zone.Name}, fact.Recursion{}
	wanted := func(kind string) bool { return scanner.Wanted(ctx, kind, "") }
	if !wanted(transfer.FactKind()) && !wanted(delegation.FactKind()) && !wanted(recursion.FactKind()) {
		return nil
	}
	a.journal = journal{}
	parent := fact.RecordSet{Name: zone.Name, Type: "NS", Answer: fact.NoAnswer}
	blame(&parent, errNoZone)
	switch {
	case known != nil:
		parent = *known
	case zone.NS.Answer != fact.NoData:
		parent = a.parent(scanner.About(ctx, delegation.FactKind(), fact.DelegationServers), zone.Name, resolvers)
	}
	a.journal.set(parent)
	servers, left := nameServers(scanner.About(ctx, delegation.FactKind(), fact.DelegationServers), a.net, zone.Name, zone.NS, parent)
	if wanted(transfer.FactKind()) {
		transfer = p.transfer(ctx, a.net, zone.Name, servers, left)
	}
	transfer.NS = zone.NS.Answer
	delegation.Parent, delegation.Zone, delegation.More = parent, zone.NS, len(left)
	if wanted(delegation.FactKind()) {
		delegation = p.delegation(scanner.About(ctx, delegation.FactKind(), fact.DelegationAnswers), a, delegation, servers)
	}
	if wanted(recursion.FactKind()) {
		recursion = p.recursion(ctx, a, zone.Name, servers, len(left))
	}
	recursion.NS = zone.NS.Answer
	missing := missingServers(zone.NS, servers)
	return []scanner.Sighting{
		{Fact: transfer, Missing: missingTransfers(zone.NS, transfer)},
		{Fact: delegation, Missing: missing, Artifacts: a.journal.Artifacts("DNS answers")},
		{Fact: recursion, Missing: missing},
	}
}

// domainName reads the target, and refuses what would not mean the same name
// once written in a DNS message.
func domainName(t scanner.Target) (string, error) {
	name := scanner.CanonicalName(t.ID)
	if t.Kind != scanner.KindDomain {
		return "", scanner.WrongTarget("dns", t)
	}
	if !dnswire.IsHostName(name) {
		return "", fmt.Errorf("look at %s: %w", t.Key(), errNotDomain)
	}
	return name, nil
}

var errNotDomain = scanner.NotSeen(scanner.CauseBadName, nil, errors.New("not a domain name in ASCII form"))
