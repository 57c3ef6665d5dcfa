// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

const askTimeout = 3 * time.Second

// The bounds of what is read of one answer.
const (
	maxRecords   = 200
	maxAliases   = 8
	maxAddresses = 16
)

// ask puts one question to the resolvers in turn.
func (g *gathering) ask(ctx context.Context, name string, qtype uint16) (*dns.Msg, error) {
	failed := dnswire.ErrSpent
	for _, at := range g.resolvers {
		reply, _, _, err := g.asker.Consult(ctx, at, name, qtype)
		if err == nil {
			err = dnswire.Resolved(reply)
		}
		if err == nil {
			return reply, nil
		}
		failed = err
	}
	return nil, failed
}

// services are the SRV names that hospitals publish.
var services = []string{
	"_autodiscover._tcp", "_sip._tls", "_sipfederationtls._tcp", "_xmpp-server._tcp", "_caldavs._tcp", "_imaps._tcp",
}

// records reads the names that the zone itself points at.
func (g *gathering) records(ctx context.Context) {
	for _, qtype := range []uint16{dns.TypeNS, dns.TypeMX, dns.TypeTXT} {
		g.pointedAt(ctx, g.domain, qtype)
	}
	for _, service := range services {
		g.pointedAt(ctx, service+"."+g.domain, dns.TypeSRV)
	}
}

func (g *gathering) pointedAt(ctx context.Context, name string, qtype uint16) {
	reply, err := g.ask(ctx, name, qtype)
	if err != nil {
		g.problem(fmt.Errorf("%s %s: %w", dns.TypeToString[qtype], name, err))
		return
	}
	for _, record := range reply.Answer[:min(len(reply.Answer), maxRecords)] {
		switch r := record.(type) {
		case *dns.NS:
			g.add(r.Ns, fact.FoundNS)
		case *dns.MX:
			g.add(r.Mx, fact.FoundMX)
		case *dns.SRV:
			g.add(r.Target, fact.FoundSRV)
		case *dns.TXT:
			g.included(strings.Join(r.Txt, ""))
		}
	}
}

// included reads the domains an SPF record includes (RFC 7208 section 5.2).
func (g *gathering) included(text string) {
	terms := strings.Fields(text)
	if len(terms) == 0 || !strings.EqualFold(terms[0], "v=spf1") {
		return
	}
	for _, term := range terms[1:] {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimLeft(term, "+-~?")), ":")
		if name == "include" {
			g.add(value, fact.FoundSPF)
		}
		if target, ok := strings.CutPrefix(name, "redirect="); ok {
			g.add(target, fact.FoundSPF)
		}
	}
}

// usual are names that hospitals use. The list is short on purpose: it finds
// what was forgotten, and guesses at nobody's naming habits.
var usual = []string{
	"www", "mail", "webmail", "owa", "autodiscover", "vpn", "acces", "portail", "extranet", "intranet", "sso", "adfs",
	"citrix", "rds", "ftp", "sftp", "dev", "test", "recette", "preprod", "pacs", "imagerie", "dicom", "dpi", "labo",
	"rdv", "patient", "telemedecine", "visio", "formation",
}

// words tries the usual names, unless the zone answers for any name.
func (g *gathering) words(ctx context.Context) {
	reply, err := g.ask(ctx, strings.ToLower(rand.Text())+"."+g.domain, dns.TypeA)
	if err != nil {
		g.problem(fmt.Errorf("usual names: %w", err))
		return
	}
	if g.wildcard = len(reply.Answer) > 0; g.wildcard {
		return
	}
	for _, word := range usual {
		name := word + "." + g.domain
		if reply, err := g.ask(ctx, name, dns.TypeA); err == nil && len(reply.Answer) > 0 {
			asset := g.add(name, fact.FoundWord)
			g.settle(asset, reply)
			g.resolveSix(ctx, asset)
		}
	}
}

// resolveAll finds where the names of the domain lead.
func (g *gathering) resolveAll(ctx context.Context) {
	for _, asset := range g.sorted() {
		asset.InScope = g.permitted(ctx, asset)
		if asset.Own && asset.Answer == "" {
			g.resolve(ctx, asset)
		}
	}
}

// resolve asks for the addresses of both families: either may be an internal one.
func (g *gathering) resolve(ctx context.Context, asset *fact.Asset) {
	reply, err := g.ask(ctx, asset.Name, dns.TypeA)
	if err != nil {
		asset.Answer, asset.Error = fact.NoAnswer, scanner.Technical(err.Error())
		return
	}
	g.settle(asset, reply)
	g.resolveSix(ctx, asset)
}

// resolveSix adds the addresses of version 6. Without an answer, what version 4
// showed stands, and a name that showed nothing is not known.
func (g *gathering) resolveSix(ctx context.Context, asset *fact.Asset) {
	if asset == nil || asset.Answer == fact.NXDomain {
		return
	}
	reply, err := g.ask(ctx, asset.Name, dns.TypeAAAA)
	switch {
	case err != nil:
		asset.Error = scanner.Technical(err.Error())
		if asset.Answer != fact.Present {
			asset.Answer = fact.NoAnswer
		}
	case asset.Answer == fact.Present && !hasSix(reply):
	default:
		asset.Aliases = nil
		g.settle(asset, reply)
	}
}

func hasSix(reply *dns.Msg) bool {
	return slices.ContainsFunc(reply.Answer, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeAAAA })
}

// settle reads where a name leads.
func (g *gathering) settle(asset *fact.Asset, reply *dns.Msg) {
	if asset == nil {
		return
	}
	asset.Answer = fact.NoData
	for _, record := range reply.Answer[:min(len(reply.Answer), maxRecords)] {
		switch r := record.(type) {
		case *dns.CNAME:
			if len(asset.Aliases) < maxAliases {
				asset.Aliases = append(asset.Aliases, strings.ToLower(strings.TrimSuffix(r.Target, ".")))
			}
		case *dns.A:
			g.addressed(asset, r.A.String())
		case *dns.AAAA:
			g.addressed(asset, r.AAAA.String())
		}
	}
	if reply.Rcode == dns.RcodeNameError {
		asset.Answer = fact.NXDomain
	}
}

func (g *gathering) addressed(asset *fact.Asset, address string) {
	asset.Answer = fact.Present
	if len(asset.Addresses) < maxAddresses && !slices.Contains(asset.Addresses, address) {
		asset.Addresses = append(asset.Addresses, address)
	}
}
