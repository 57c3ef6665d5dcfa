// SPDX-License-Identifier: Apache-2.0

// Package tlsprobe looks at what a TLS service offers: the versions it accepts
// and the certificate chain it shows.
//
// It makes the handshakes of an ordinary client, four at most, and sends nothing
// over them.
package tlsprobe

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

const defaultTimeout = 10 * time.Second

// Options tune the probe; the zero value works.
type Options struct {
	Roots   *x509.CertPool // authorities trusted; nil means those of the system
	Store   string         // name of the roots in the fact; "system" when Roots is nil
	Timeout time.Duration  // of one connection; 10 s when zero
}

// Probe looks at a TLS service.
type Probe struct{ options Options }

// New makes the probe.
func New(o Options) *Probe {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Roots == nil {
		o.Store = "system"
	}
	return &Probe{options: o}
}

// Name is the word used in plans.
func (*Probe) Name() string { return "tls" }

// TargetKind is the kind of target it looks at.
func (*Probe) TargetKind() scanner.TargetKind { return scanner.KindService }

// Facts are the kinds of fact it brings back.
func (*Probe) Facts() []string { return []string{fact.TLS{}.FactKind()} }

// Load is the most it costs a service: one handshake per version.
func (*Probe) Load() scanner.Load {
	return scanner.Load{Connections: len(versions), Requests: len(versions)}
}

// Observe shakes hands with the service, from the newest version to the oldest.
func (p *Probe) Observe(ctx context.Context, net scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	host, port, err := endpoint(t)
	if err != nil {
		return nil, err
	}
	d := descent{net: net, host: host, port: port, timeout: p.options.Timeout}
	d.run(ctx)
	return []scanner.Sighting{p.sighting(ctx, &d)}, nil
}

// endpoint reads the target.
func endpoint(t scanner.Target) (host string, port int, err error) {
	if t.Kind != scanner.KindService {
		return "", 0, fmt.Errorf("look at %s: the tls probe looks at services", t.Key())
	}
	return t.HostPort()
}

// sighting tells what the descent saw.
func (p *Probe) sighting(ctx context.Context, d *descent) scanner.Sighting {
	f := fact.TLS{Name: d.host, Address: d.address, Reach: d.reach(ctx), Error: d.failure()}
	s := scanner.Sighting{}
	switch f.Reach {
	case fact.Answered:
		f.Versions = d.offers()
		s.Artifacts, s.Missing = p.addChain(&f, d.chain)
		s.Missing = joinMissing(d.unknown(), s.Missing)
	case fact.Unreached:
		s.Missing = "the service could not be reached: " + f.Error
	case fact.Closed, fact.NoAddress, fact.OtherTalk: // whole facts
	}
	s.Fact = f
	return s
}

func joinMissing(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
