// SPDX-License-Identifier: Apache-2.0

// Package dnsprobe looks at what the DNS says of a domain: its servers, its
// mail policy, its signatures, and whether its whole zone can be taken away.
//
// The name servers are learnt from the recursive resolvers. The content is asked
// of the servers of the domain when the scope permits them, because their answer
// is not hours old, and of the resolvers otherwise.
package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// The bounds of one look.
const (
	defaultTimeout = 3 * time.Second
	zoneTime       = 45 * time.Second
	transferTime   = 30 * time.Second
	maxExchanges   = 128 // DNS exchanges, retries and TCP included
	maxServers     = 8   // name servers asked for a transfer
	maxAddresses   = 4   // addresses asked for a transfer, by name server
)

// Options tune the probe; the zero value works.
type Options struct {
	Timeout time.Duration // of one exchange or one transfer; 3 s when zero
}

// Probe looks at the DNS of a domain.
type Probe struct{ timeout time.Duration }

// New makes the probe.
func New(o Options) *Probe {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	return &Probe{timeout: o.Timeout}
}

// Name is the word used in plans.
func (*Probe) Name() string { return "dns" }

// TargetKind is the kind of target it looks at.
func (*Probe) TargetKind() scanner.TargetKind { return scanner.KindDomain }

// Facts are the kinds of fact it brings back.
func (*Probe) Facts() []string {
	return []string{fact.Zone{}.FactKind(), fact.Transfer{}.FactKind()}
}

// Load is the most it costs a domain: every exchange, and every transfer.
func (*Probe) Load() scanner.Load {
	most := maxExchanges + maxServers*maxAddresses
	return scanner.Load{Connections: most, Requests: most}
}

// Observe asks the DNS about the domain, then asks its servers for the zone.
func (p *Probe) Observe(ctx context.Context, net scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	name, err := domainName(t)
	if err != nil {
		return nil, err
	}
	resolvers := recursive(net.Resolvers())
	if len(resolvers) == 0 {
		return nil, fmt.Errorf("look at %s: no recursive resolver is declared", t.Key())
	}
	a := &asker{net: net, timeout: p.timeout, left: maxExchanges, silences: map[string]int{}}
	zone := p.zone(ctx, a, name, resolvers)
	transfer := p.transfer(ctx, net, name, zone.NS)
	return []scanner.Sighting{
		{Fact: zone, Missing: missingAnswers(zone), Artifacts: a.journal.artifacts()},
		{Fact: transfer, Missing: missingTransfers(zone.NS, transfer)},
	}, nil
}

// domainName reads the target, and refuses what would not mean the same name
// once written in a DNS message.
func domainName(t scanner.Target) (string, error) {
	name := scanner.CanonicalName(t.ID)
	if t.Kind != scanner.KindDomain {
		return "", fmt.Errorf("look at %s: the dns probe looks at domains", t.Key())
	}
	_, ok := dns.IsDomainName(name)
	if !ok || name == "" || strings.ContainsFunc(name, notHostByte) {
		return "", fmt.Errorf("look at %s: %w", t.Key(), errNotDomain)
	}
	return name, nil
}

var errNotDomain = errors.New("not a domain name in ASCII form")

func notHostByte(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune("-_.", r)
}
