// SPDX-License-Identifier: Apache-2.0

// Package inventory finds the names of a domain in public sources: its DNS, the
// certificates of declared names, a log of certificates, a short list of usual
// names. Only the resolvers and what is in the scope are ever contacted.
package inventory

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// The bounds of one look.
const (
	maxQuestions    = 800 // DNS questions: two families for each name
	maxAssets       = 300 // names kept
	maxCertificates = 6   // certificates read
	maxPages        = 20  // pages asked of services that may be absent
	logRequests     = 1
)

// Options tune the probe; the zero value works.
type Options struct {
	// Declared are the names the establishment looks at already.
	Declared []string
	// Words are labels tried below the domain, beside the usual ones.
	Words []string
	// Log is a file or an https address that lists names seen in certificates;
	// see ParseLog. Empty means none.
	Log   string
	Roots *x509.CertPool // authorities trusted for Log; nil means those of the system
}

// Probe looks for the names of a domain.
type Probe struct{ options Options }

// New makes the probe.
func New(o Options) *Probe { return &Probe{options: o} }

// Name is what plans call the probe.
const Name = "inventory"

// Name is the word used in plans.
func (*Probe) Name() string { return Name }

// TargetKind is the kind of target it looks at.
func (*Probe) TargetKind() scanner.TargetKind { return scanner.KindDomain }

// Facts are the kinds of fact it brings back.
func (*Probe) Facts() []string { return []string{fact.Inventory{}.FactKind()} }

// Needs are the resolvers, the names in the scope, and the log. The load is that
// of questions, certificates and pages, and of one reading of the log.
func (p *Probe) Needs() scanner.Needs {
	most := maxQuestions + maxCertificates + maxPages + logRequests
	needs := scanner.Needs{
		Contacts: []scanner.Contact{scanner.ContactResolvers, scanner.ContactTarget},
		Load:     scanner.Load{Connections: most, Requests: most},
	}
	switch {
	case p.options.Log == "":
	case p.logIsRemote():
		needs.Contacts = append(needs.Contacts, scanner.ContactSource)
	default:
		needs.Files = []scanner.File{{Key: "network.certificate_log", Path: p.options.Log, Parse: p.parseLog}}
	}
	return needs
}

// Observe gathers names from every source, then resolves those of the domain.
func (p *Probe) Observe(ctx context.Context, net scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	if t.Kind != scanner.KindDomain {
		return nil, scanner.WrongTarget("inventory", t)
	}
	g := newGathering(net, t.ID)
	if len(g.resolvers) == 0 {
		return nil, scanner.NotSeen(scanner.CauseNoResolver, nil, fmt.Errorf("look at %s: no recursive resolver is declared", t.Key()))
	}
	p.gather(scanner.About(ctx, fact.Inventory{}.FactKind(), fact.InventoryNames), g)
	g.resolveAll(ctx)
	p.certificates(ctx, g)
	g.findDangling(ctx)
	return []scanner.Sighting{{Fact: g.fact()}}, nil
}

// gather asks the sources that need no contact with the domain's servers.
func (p *Probe) gather(ctx context.Context, g *gathering) {
	for _, name := range p.options.Declared {
		g.declare(name)
	}
	g.add(g.domain, fact.FoundDeclared)
	g.records(ctx)
	g.words(ctx, slices.Concat(usual, p.options.Words))
	p.log(ctx, g)
}
