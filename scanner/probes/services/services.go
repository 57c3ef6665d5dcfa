// SPDX-License-Identifier: Apache-2.0

// Package services looks at the ports of a host, and at what speaks behind the
// open ones.
//
// A protocol is told by its handshake, never by the number of the port. Nothing
// sent logs in, writes, prints or asks for data: docs/adr/0018 says what is sent
// to whom. The pace is that of the network door.
package services

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

const (
	// workers is how many connections may be open at once (exposure-checks.md
	// section 1.2).
	workers         = 2
	defaultPatience = 2 * time.Second
	// maxOpen is the count above which open ports are an artefact of filtering
	// (exposure-checks.md section 1.4). So is more than half of what was asked, where
	// fromHalf ports or more were: no host is everything at once.
	maxOpen, fromHalf = 100, 40
	// suspect is how many open ports make us ask some that nobody uses, minControls how
	// many of these tell an artefact, since one may be somebody's own.
	suspect, minControls = 10, 2
	// maxConversations is how many connections identify one open port: the hello
	// that fits, two general ones, one more page of a portal.
	maxConversations = 4
)

// Options tune the probe; the zero value works.
type Options struct {
	Ports    []int         // TCP; those of the built-in table when empty
	Patience time.Duration // how long one answer is waited for; 2 s when zero
	Shared   []SharedRange // addresses whose ports are not looked at
	// Declared are the services the establishment means to expose, by "host:port".
	Declared map[string]fact.Declaration
	// KnownKey says why an SSH host key, by its "SHA256:…" digest, is known to
	// others; empty when it is not.
	KnownKey func(digest string) string
	// Describe adds to a product what dated lists say of it, Lists names them.
	Describe func(fact.Product) fact.Product
	Lists    string
	// Baseline is when a host was first looked at, FirstSeen when a thing was
	// first seen; both may be now. The keys are "addr:port/tcp product" and
	// "addr:port/tcp ca:issuer". Acknowledged tells whether the establishment
	// confirmed it. Nil means no memory.
	Baseline     func(host string, at time.Time) time.Time
	FirstSeen    func(key string, at time.Time) time.Time
	Acknowledged func(key string) bool
}

// SharedRange is a range of addresses many customers of a provider share.
type SharedRange struct {
	Range    netip.Prefix
	Provider string
}

// Probe looks at the services of a host.
type Probe struct{ options Options }

// New makes the probe.
func New(o Options) *Probe {
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	if len(o.Ports) == 0 {
		o.Ports = tablePorts()
	}
	if o.Describe == nil {
		o.Describe = func(p fact.Product) fact.Product { return p }
	}
	return &Probe{options: o}
}

// Name is what plans call the probe.
const Name = "services"

// Name is the word used in plans.
func (*Probe) Name() string { return Name }

// TargetKind is the kind of target it looks at.
func (*Probe) TargetKind() scanner.TargetKind { return scanner.KindHost }

// Facts are the kinds of fact it brings back.
func (*Probe) Facts() []string {
	return []string{fact.HostServices{}.FactKind(), fact.Products{}.FactKind()}
}

// Needs gives the most it costs a host: one connection per port, one packet per UDP
// service, and a few connections for each port found open; or one more when none
// is. At one connection a second a host takes as many seconds as it has ports to be
// asked, silent or not: a port is silent for two seconds, and two are asked at once.
func (p *Probe) Needs() scanner.Needs {
	most := len(p.options.Ports) + len(datagrams) + len(controls) + maxConversations*min(len(p.options.Ports), maxOpen) + 1
	return scanner.Needs{
		Contacts: []scanner.Contact{scanner.ContactResolvers, scanner.ContactTarget},
		Ports:    true,
		Load:     scanner.Load{Connections: most, Requests: most},
	}
}

// Observe asks each port, then identifies what is open.
func (p *Probe) Observe(ctx context.Context, net scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	if t.Kind != scanner.KindHost {
		return nil, scanner.WrongTarget("services", t)
	}
	addresses, err := p.addresses(ctx, net, t.ID)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", t.ID, err)
	}
	if provider := p.shared(addresses); provider != "" || len(addresses) == 0 {
		return []scanner.Sighting{
			{Fact: fact.HostServices{Shared: provider, NoAddress: len(addresses) == 0}},
			{Fact: fact.Products{Seen: []fact.Product{}}}, // no port is looked at, so nothing shows there
		}, nil
	}
	s := p.newScan(net, t.ID, len(addresses))
	s.run(ctx)
	return s.sightings(time.Now().UTC()), nil
}

// addresses are those of a name, or the literal itself.
func (p *Probe) addresses(ctx context.Context, net scanner.Network, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	return net.Lookup(ctx, host)
}

// shared names the provider of an address that other customers share.
func (p *Probe) shared(addresses []netip.Addr) string {
	for _, addr := range addresses {
		for _, s := range p.options.Shared {
			if s.Range.Contains(addr.Unmap()) {
				return s.Provider
			}
		}
	}
	return ""
}

// missing says what keeps the whole fact from being concluded on. Single ports
// that were not asked say so themselves.
func (s *scan) missing() (missing scanner.Causes) {
	if s.blocked {
		missing = append(missing, scanner.Cause{Code: scanner.CauseCutOff, Detail: "ports that answered stopped doing so during the look"})
	}
	if slices.ContainsFunc(s.ports, func(p fact.Port) bool { return p.State != fact.PortNotAsked }) {
		return missing
	}
	if s.refusal != nil {
		missing = append(missing, scanner.CauseOf(s.refusal))
	}
	if s.ended != nil {
		cut := fmt.Errorf("the look was cut short: %w", s.ended)
		if !errors.Is(s.ended, context.Canceled) {
			cut = scanner.NotSeen(scanner.CauseLate, nil, cut)
		}
		missing = append(missing, scanner.CauseOf(cut))
	}
	return missing
}

// stopped tells whether a failure is ours and ends the look.
func (s *scan) stopped(ctx context.Context, err error) bool {
	var refusal *scanner.Refusal
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case errors.As(err, &refusal):
		s.refusal = refusal
	case isOver(ctx):
		s.ended = context.Cause(ctx)
		if s.ended == nil {
			s.ended = context.DeadlineExceeded
		}
	}
	return s.refusal != nil || s.ended != nil
}

// isOver tells whether our time is spent. A connection sees the deadline a moment
// before the context does, and would take it for the silence of the port.
func isOver(ctx context.Context) bool {
	left, bounded := scanner.TimeLeft(ctx)
	return ctx.Err() != nil || bounded && left <= 0
}
