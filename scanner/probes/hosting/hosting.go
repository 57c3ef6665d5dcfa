// SPDX-License-Identifier: Apache-2.0

// Package hosting reads the register in which an establishment writes who hosts
// each application, and asks where the declared names lead today. Nothing is
// sent to the hosts: names are resolved, and addresses looked up in embedded data.
package hosting

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/localfile"
)

// RegisterID is the id of the register target.
const RegisterID = "hosting"

// Config says where the register is kept, and whether its names are resolved.
type Config struct {
	File    string
	Resolve bool
}

// Geography tells who announces an address. It answers 0 and nothing when it
// does not know.
type Geography interface {
	Locate(addr netip.Addr) (asn uint32, name, country string)
	// About names the data sets behind the answers, with their date.
	About() string
}

// Probe reads one register.
type Probe struct {
	config    Config
	geography Geography
}

// New makes the probe of one register. The geography is used to resolve only.
func New(c Config, g Geography) Probe { return Probe{c, g} }

// Name is what plans call the probe.
const Name = "hosting"

// Name is the word used in plans.
func (Probe) Name() string { return Name }

// TargetKind is what it looks at: a register.
func (Probe) TargetKind() scanner.TargetKind { return scanner.KindRegister }

// Facts are the kinds of fact it brings back.
func (Probe) Facts() []string {
	return []string{fact.Hosting{}.FactKind(), fact.Source{}.FactKind()}
}

// Needs are the register, and the resolvers: no host is contacted.
func (p Probe) Needs() scanner.Needs {
	needs := scanner.Needs{Vantage: scanner.VantageDeclared}
	if p.config.File != "" {
		needs.Files = []scanner.File{{Key: Section.Name, Path: p.config.File, Parse: p.parse}}
	}
	if p.config.Resolve {
		needs.Contacts = []scanner.Contact{scanner.ContactResolvers}
	}
	return needs
}

func (p Probe) parse(context.Context) error {
	_, _, err := read(p.config.File)
	return err
}

// Observe brings one fact for each application, and the health of the register.
func (p Probe) Observe(ctx context.Context, net scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	if t.ID != RegisterID {
		return nil, scanner.NotSeen(scanner.CauseNoSource, nil, fmt.Errorf("no register is declared as %q", t.ID))
	}
	r, digest, err := read(p.config.File)
	if err != nil {
		name := filepath.Base(p.config.File)
		err = localfile.In(name, fmt.Errorf("read hosting register in %s: %w", name, err))
		broken := fact.Source{Kind: "register", Digest: digest}
		return []scanner.Sighting{{Fact: broken.Blamed(scanner.CausesOf(err))}}, err
	}
	source := fact.Source{
		Kind: "register", AsOf: r.AsOf.Day.Date(), Received: len(r.Applications), Complete: true, Digest: digest,
	}
	sightings, err := p.applications(ctx, net, r)
	return append(sightings, scanner.Sighting{Fact: source}), err
}

func (p Probe) applications(ctx context.Context, net scanner.Network, r register) ([]scanner.Sighting, error) {
	var sightings []scanner.Sighting
	for _, a := range r.Applications {
		hosting, err := p.hosting(ctx, net, a)
		if err != nil {
			return sightings, fmt.Errorf("resolve the endpoints of %s: %w", a.ID.text, err)
		}
		target := scanner.Target{Kind: scanner.KindApplication, ID: a.ID.text}
		sightings = append(sightings, scanner.Sighting{Target: target, Fact: hosting})
	}
	return sightings, nil
}

func (p Probe) hosting(ctx context.Context, net scanner.Network, a application) (fact.Hosting, error) {
	h := a.fact()
	if !p.config.Resolve {
		return h, nil
	}
	h.Geography = p.geography.About()
	for i := range h.Endpoints {
		// A name that does not resolve is a fact; the end of our time is not.
		if err := ctx.Err(); err != nil {
			return h, err
		}
		p.resolve(ctx, net, &h.Endpoints[i])
	}
	return h, ctx.Err()
}

// maxAddresses is the most addresses kept for one name.
const maxAddresses = 32

func (p Probe) resolve(ctx context.Context, net scanner.Network, e *fact.Endpoint) {
	addrs, err := lookup(ctx, net, e.Host)
	if err != nil {
		e.Error = scanner.Technical(err.Error())
		return
	}
	for _, addr := range addrs[:min(len(addrs), maxAddresses)] {
		asn, name, country := p.geography.Locate(addr)
		e.Addresses = append(e.Addresses, fact.Address{IP: addr.String(), ASN: asn, ASName: name, Country: country})
	}
}

func lookup(ctx context.Context, net scanner.Network, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	return net.Lookup(ctx, host)
}
