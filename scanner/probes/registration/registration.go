// SPDX-License-Identifier: Apache-2.0

// Package registration asks until when a domain is registered and how it is
// locked, and whether the domains it depends on still belong to somebody.
//
// The registry is asked over RDAP (RFC 9082), at one declared service; without
// one, only the DNS is asked. Of what a registry tells, nothing is kept but dates
// and status codes: no holder, no contact, no address.
package registration

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/hostname"
	"carescan/scanner/probes/internal/dnswire"
)

// The bounds of one look.
const (
	defaultTimeout = 5 * time.Second
	lookTime       = 90 * time.Second
	maxSuppliers   = 20
	ownQuestions   = 3 // NS, MX and TXT of the domain
	maxRedirects   = 2 // from a page of the service to another
	maxQuestions   = ownQuestions + maxSuppliers
	maxDNS         = maxQuestions * dnswire.MaxResolvers * 2 // retries and TCP included
	maxRDAP        = (1 + maxSuppliers) * (1 + maxRedirects)
)

// Options tune the probe; the zero value asks no registry.
type Options struct {
	// Base is the address of the RDAP service, "https://rdap.registry.example/";
	// when empty, no registry is asked.
	Base string
	// Suffixes are the endings the service answers for ("fr", "re"); empty means
	// all, as a relay to every registry does. The registry of one ending knows
	// nothing of the others, and would call them free.
	Suffixes []string
	// Roots are the authorities trusted for the service; nil means the system's.
	Roots   *x509.CertPool
	Timeout time.Duration // of one exchange; 5 s when zero
}

// Probe looks at the registration of a domain.
type Probe struct {
	base     *url.URL // nil when no service is declared
	suffixes []string
	roots    *x509.CertPool
	timeout  time.Duration
}

var errNotHTTPS = errors.New("an address that begins with https:// is expected")

// New makes the probe.
func New(o Options) (*Probe, error) {
	p := &Probe{roots: o.Roots, timeout: o.Timeout}
	if p.timeout <= 0 {
		p.timeout = defaultTimeout
	}
	for _, suffix := range o.Suffixes {
		p.suffixes = append(p.suffixes, strings.TrimPrefix(hostname.Canonical(suffix), "."))
	}
	if o.Base == "" {
		return p, nil
	}
	base, err := url.Parse(o.Base)
	if err != nil || base.Scheme != "https" || base.Hostname() == "" {
		return nil, fmt.Errorf("read address of the RDAP service %q: %w", o.Base, errors.Join(errNotHTTPS, err))
	}
	p.base = base
	return p, nil
}

// Name is what plans call the probe.
const Name = "registration"

// Name is the word used in plans.
func (*Probe) Name() string { return Name }

// TargetKind is the kind of target it looks at.
func (*Probe) TargetKind() scanner.TargetKind { return scanner.KindDomain }

// Facts are the kinds of fact it brings back.
func (*Probe) Facts() []string { return []string{fact.Registration{}.FactKind()} }

// Needs are the resolvers, and the declared service when there is one: nothing is
// sent to the domain.
func (p *Probe) Needs() scanner.Needs {
	needs := scanner.Needs{
		Contacts: []scanner.Contact{scanner.ContactResolvers},
		Load:     scanner.Load{Connections: maxDNS + maxRDAP, Requests: maxDNS + maxRDAP},
	}
	if p.base != nil {
		needs.Contacts = append(needs.Contacts, scanner.ContactSource)
	}
	return needs
}

// Observe asks the registry about the domain and about those it depends on.
func (p *Probe) Observe(ctx context.Context, net scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	name := scanner.CanonicalName(t.ID)
	top := registrable(name)
	switch {
	case t.Kind != scanner.KindDomain:
		return nil, scanner.WrongTarget("registration", t)
	case top == "":
		return nil, fmt.Errorf("look at %s: not below a public suffix", t.Key())
	case len(net.Resolvers()) == 0:
		return nil, fmt.Errorf("look at %s: %w", t.Key(), dnswire.ErrNoResolver)
	}
	ctx, cancel := scanner.WithPatience(ctx, lookTime)
	defer cancel()
	sighting := scanner.Sighting{Fact: p.look(ctx, net, name, top)}
	if !wantsSuppliers(ctx) {
		sighting.Unread = []scanner.Gap{scanner.NotAgain(fact.RegistrationSuppliers)}
	}
	return []scanner.Sighting{sighting}, nil
}

func (p *Probe) look(ctx context.Context, net scanner.Network, name, top string) fact.Registration {
	r := fact.Registration{Name: top, Suppliers: []fact.Supplier{}}
	if p.base != nil {
		r.Service = p.base.Hostname()
	}
	service := p.newService(net)
	defer service.close()
	q := newQuestioner(net, p.timeout)
	r.Domain = service.ask(ctx, top)
	if !wantsSuppliers(ctx) {
		return withProof(r)
	}
	suppliers, unread := q.suppliers(ctx, name, top)
	r.More, r.Unread = max(0, len(suppliers)-maxSuppliers), unread
	for _, s := range suppliers[:len(suppliers)-r.More] {
		s.DNS = q.exists(ctx, s.Domain)
		s.Registry = service.ask(ctx, s.Domain)
		r.Suppliers = append(r.Suppliers, s)
	}
	return withProof(r)
}

// wantsSuppliers tells whether a look is to see those that the domain depends on.
func wantsSuppliers(ctx context.Context) bool {
	return scanner.Wanted(ctx, fact.Registration{}.FactKind(), fact.RegistrationSuppliers)
}

// withProof takes back every 404 of a service that knew no domain at all: it is
// then more likely another service, or a wrong address, than an empty registry.
func withProof(r fact.Registration) fact.Registration {
	answers := []*fact.RegistryAnswer{&r.Domain}
	for i := range r.Suppliers {
		answers = append(answers, &r.Suppliers[i].Registry)
	}
	for _, a := range answers {
		if a.State == fact.Registered {
			return r
		}
	}
	for _, a := range answers {
		if a.State == fact.NotRegistered {
			*a = without(fact.RegistryNoAnswer, badAnswer(errors.New("404, from a service that knew no domain in this look")))
		}
	}
	return r
}
