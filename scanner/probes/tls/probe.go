// SPDX-License-Identifier: Apache-2.0

// Package tlsprobe looks at what a TLS service offers: versions, suites, groups,
// signatures, habits of the protocol, and the certificates it shows.
//
// Most of it is read from the first words of a server, in answer to hellos that
// are never followed up; a few handshakes are whole, and nothing is sent over
// them. Flaws of implementations are looked for only under an authorisation.
package tlsprobe

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
	"carescan/scanner/probes/internal/excerpt"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/revocation"
	"carescan/scanner/probes/internal/starttls"
)

const (
	defaultTimeout = 10 * time.Second
	maxText        = 500 // bytes kept of an error
)

// Options tune the probe; the zero value works.
type Options struct {
	Roots   *x509.CertPool // authorities trusted; nil means those of the system
	Store   string         // name of the roots in the fact; "system" when Roots is nil
	Private *x509.CertPool // authorities declared as private; nil means none
	// Declared is the PEM text of the authorities of Roots and Private, once more: a
	// pool computes no signature of the past, by which some of them have to be known.
	Declared []byte
	Timeout  time.Duration // of one connection; 10 s when zero
	// Authorities asks those that publicly trusted chains name about revocation, each
	// once in the life of the probe, which is one run.
	Authorities bool
	// Protocols says what is spoken before TLS on "host:port", by the words of the
	// package starttls; "" means that TLS begins at once. Elsewhere, the port tells.
	Protocols map[string]string
}

func (o Options) protocol(host string, port int) starttls.Protocol {
	if declared, found := o.Protocols[net.JoinHostPort(host, strconv.Itoa(port))]; found {
		return starttls.Protocol(declared)
	}
	return starttls.ForPort(port)
}

// Probe looks at a TLS service.
type Probe struct {
	options Options
	stores  certificate.Stores
	desk    *revocation.Desk // nil: authorities are not asked

	mu    sync.Mutex
	first map[string]*memory // by target
}

// New makes the probe.
func New(o Options) *Probe {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Roots == nil {
		o.Store = "system"
	}
	p := &Probe{options: o, first: map[string]*memory{}, stores: certificate.Stores{Public: o.Roots, Private: o.Private, Known: certificate.Authorities(o.Declared)}}
	if o.Authorities {
		p.desk = revocation.New()
	}
	return p
}

// Name is what plans call the probe.
const Name = "tls"

// Name is the word used in plans.
func (*Probe) Name() string { return Name }

// TargetKind is the kind of target it looks at.
func (*Probe) TargetKind() scanner.TargetKind { return scanner.KindService }

// Facts are the kinds of fact it brings back.
func (*Probe) Facts() []string { return []string{fact.TLS{}.FactKind()} }

// Needs are the service, and the authorities of certificates when they are asked.
// The load is a bound in code, with the flaws that an authorisation lets it seek.
func (p *Probe) Needs() scanner.Needs {
	needs := scanner.Needs{
		Contacts: []scanner.Contact{scanner.ContactTarget},
		Load:     scanner.Load{Connections: budget + flawBudget, Requests: budget + flawBudget},
	}
	if p.desk != nil {
		needs.Contacts = append(needs.Contacts, scanner.ContactAuthorities)
	}
	return needs
}

// Observe looks at the service, one connection at a time.
func (p *Probe) Observe(ctx context.Context, network scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	host, port, err := endpoint(t)
	if err != nil {
		return nil, err
	}
	l := newLook(network, host, port, p.options)
	if seen := p.recall(ctx, t); seen != nil {
		l.confirm(ctx, seen)
	} else {
		l.run(ctx)
		p.remember(t, l)
	}
	return []scanner.Sighting{p.sighting(ctx, l)}, nil
}

// recall is what a first look at a target left, for one that confirms it; nil when there
// is none, and then all is asked again.
func (p *Probe) recall(ctx context.Context, t scanner.Target) *memory {
	if scanner.Attempt(ctx) == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first[t.ID]
}

// remember keeps what a first look leaves until the end of the run.
func (p *Probe) remember(t scanner.Target, l *look) {
	if !l.chose() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.first[t.ID] = l.remembered()
}

// endpoint reads the target.
func endpoint(t scanner.Target) (host string, port int, err error) {
	if t.Kind != scanner.KindService {
		return "", 0, scanner.WrongTarget("tls", t)
	}
	return t.HostPort()
}

// sighting tells what was seen. The observation is partial when nothing can be
// concluded; when the service stopped answering, only the parts it left out are:
// what is unknown besides is said in the fact, for each check to weigh.
func (p *Probe) sighting(ctx context.Context, l *look) scanner.Sighting {
	f := fact.TLS{
		Name: l.host, Address: l.address, Reach: l.reach(ctx), Error: l.failure(),
		StartTLS: string(l.protocol), Connections: l.spent, Why: l.why,
	}
	s := scanner.Sighting{}
	switch f.Reach {
	case fact.Answered:
		l.fill(&f)
		s.Artifacts = p.addCertificates(ctx, &f, l)
		if l.stopped != nil {
			f.Why["look"] = excerpt.Error(l.stopped, maxText)
		}
		if !l.flown() && len(f.Chain) > 0 {
			f.Why[fact.TLSStaple] = excerpt.Error(cmp.Or(l.stopped, l.first.err, errNothing), maxText)
		}
		s.Missing, s.Unread = l.lacks(f)
		s.Unread = append(s.Unread, notAgain(ctx)...)
	case fact.Unreached:
		s.Missing = scanner.CausesOf(cmp.Or(l.first.err, errNothing))
	case fact.Closed, fact.NoAddress, fact.OtherTalk: // whole facts
	}
	s.Fact = f
	return s
}

// errNothing is the end of a contact that left no error.
var errNothing = scanner.NotSeen(scanner.CauseTimeout, nil, errors.New("the service could not be reached"))

// lacks says which parts of the fact were not read, and why, or that none was. A
// certificate that was shown stays shown, whatever was cut after it.
func (l *look) lacks(f fact.TLS) (missing scanner.Causes, gaps []scanner.Gap) {
	if !l.chose() {
		return l.missing(), nil
	}
	stopped := errors.Is(l.stopped, errStopped)
	for _, part := range []struct {
		name string
		gone bool
	}{
		{fact.TLSCertificate, stopped && len(f.Chain) == 0},
		{fact.TLSStaple, f.Why[fact.TLSStaple] != "" || stopped && len(f.Chain) == 0},
		{fact.TLSVersions, stopped && slices.Contains(slices.Collect(maps.Values(f.Versions)), fact.OfferUnknown)},
		{fact.TLSSuites, stopped},
	} {
		if part.gone {
			gaps = append(gaps, scanner.Gap{Part: part.name, Causes: scanner.CausesOf(cmp.Or(l.stopped, l.first.err, errNothing))})
		}
	}
	const parts = 4
	if len(gaps) == parts {
		return gaps[0].Causes, nil
	}
	return nil, gaps
}

// flown tells whether one flight that asked for a staple was read to its end.
func (l *look) flown() bool { return l.first.whole || l.base.Done && l.base.sent.Status }

// missing says why the versions and the suites are not known.
func (l *look) missing() scanner.Causes {
	if l.stopped != nil {
		return scanner.CausesOf(l.stopped)
	}
	var missing scanner.Causes
	for v := hello.TLS13; v >= hello.SSL3; v-- {
		if r := l.versions[v]; r.offer != fact.Accepted && r.err != nil {
			missing = append(missing, scanner.CausesOf(r.err)...)
		}
	}
	if len(missing) > 0 {
		return missing.Merge()
	}
	return scanner.Causes{{Code: scanner.CauseTLSRefused, Detail: l.whySuites()}}
}

// fill writes what the hellos told.
func (l *look) fill(f *fact.TLS) {
	f.Versions, f.Suites = l.versionOffers(), l.suiteNames()
	if !l.chose() {
		return
	}
	l.noteGroups()
	l.noteLife(l.first)
	f.Offers, f.Groups, f.Signatures = l.allOffers(), l.groupNames(), l.signatures()
	f.ServerOrder, f.Flaws, f.ShortHellos = l.serverOrder(), l.flaws, l.form != full
	l.addFinite(f)
	f.ALPN, f.TicketLife = cmp.Or(l.first.ALPN, l.base.ALPN), l.ticketLife
}

// reach says how the contact ended.
func (l *look) reach(ctx context.Context) fact.Reach {
	switch {
	case l.began || l.old.Spoke:
		return fact.Answered
	case l.first.stranger:
		return fact.OtherTalk
	case l.address == "":
		return l.unconnected(ctx, l.first.err)
	}
	return fact.Unreached
}

// unconnected says why no connection was made.
func (l *look) unconnected(ctx context.Context, err error) fact.Reach {
	if _, ok := errors.AsType[*scanner.Refusal](err); ok {
		return fact.Unreached
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fact.Closed
	}
	if addresses, err := l.net.Lookup(ctx, l.host); err == nil && len(addresses) == 0 {
		return fact.NoAddress
	}
	return fact.Unreached
}

// failure is the error of a service that spoke no TLS.
func (l *look) failure() string {
	if l.began || l.old.Spoke || l.first.err == nil {
		return ""
	}
	return excerpt.Error(l.first.err, maxText)
}
