// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"context"
	"crypto/x509"
	"slices"
	"sync"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// visits are the first looks of a run at the addresses of mail servers: one that receives
// the mail of several domains is looked at once, and what it showed serves them all
// (exposure-checks.md section 1.2). A visit that was cut, or to a port that said
// nothing, serves nobody else: what failed may pass. Whoever comes meanwhile waits.
type visits struct {
	mu   sync.Mutex
	made map[place]*visit
}

// place is an address as a look meets it. The name is what is said to it, in the clear
// and in the hello.
type place struct {
	name, address string
	asClient      bool
}

// visit is what one look at an address brought.
type visit struct {
	over      chan struct{} // closed at its end
	serves    bool
	host      fact.MailHost
	chain     []*x509.Certificate
	artifacts []scanner.Artifact
}

func newVisits() *visits { return &visits{made: map[place]*visit{}} }

// begin notes a visit that its caller makes, or gives the one that was made before or
// is under way.
func (v *visits) begin(at place) (found *visit, own bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if found = v.made[at]; found != nil {
		return found, false
	}
	found = &visit{over: make(chan struct{})}
	v.made[at] = found
	return found, true
}

// end lets those who wait know, and forgets a visit that serves nobody.
func (v *visits) end(at place, made *visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !made.serves {
		delete(v.made, at)
	}
	close(made.over)
}

// visited looks at one address of a server, unless another domain of the run did. What
// confirms a failure is looked at again, and whether a server relays is asked for the
// domain whose authorisation allows it.
func (l *look) visited(ctx context.Context, d *door, name string) fact.MailHost {
	if scanner.Attempt(ctx) > 0 || l.relayAllowed() {
		return l.host(ctx, d, name)
	}
	at := place{name, d.address, d.asClient}
	for {
		v, own := l.visits.begin(at)
		if own {
			return l.make(ctx, d, at, v)
		}
		if err := wait(ctx, v); err != nil {
			return l.host(ctx, d, name) // which says why nothing could be seen
		}
		if v.serves {
			d.descent.chain = v.chain
			l.artifacts = append(l.artifacts, v.artifacts...)
			return v.host
		}
	}
}

// make makes a visit for whoever has the same place to see.
func (l *look) make(ctx context.Context, d *door, at place, v *visit) fact.MailHost {
	defer l.visits.end(at, v)
	before := len(l.artifacts)
	v.host = l.host(ctx, d, at.name)
	v.chain, v.artifacts = d.descent.chain, slices.Clone(l.artifacts[before:])
	v.serves = v.host.Ports[0].Reach == fact.Answered && ctx.Err() == nil
	return v.host
}

// wait waits for the end of a visit. That is no time of the server.
func wait(ctx context.Context, v *visit) error {
	defer scanner.Hold(ctx)()
	select {
	case <-v.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
