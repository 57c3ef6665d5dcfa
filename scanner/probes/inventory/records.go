// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
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
	for _, at := range dnswire.Turn(ctx, g.resolvers) {
		reply, _, _, err := g.asker.Consult(ctx, at, name, qtype)
		if err == nil {
			err = dnswire.Resolved(reply)
		}
		if err == nil {
			g.denials.learn(reply)
			return reply, nil
		}
		failed = err
	}
	return nil, failed
}

// services are the SRV names that hospitals publish, by the name they stand under.
var services = []struct {
	under string
	names []string
}{
	{"_tcp", []string{"_autodiscover", "_sipfederationtls", "_xmpp-server", "_caldavs", "_imaps"}},
	{"_tls", []string{"_sip"}},
}

// records reads the names that the zone itself points at.
func (g *gathering) records(ctx context.Context) {
	for _, qtype := range []uint16{dns.TypeNS, dns.TypeMX, dns.TypeTXT} {
		g.pointedAt(ctx, g.domain, qtype)
	}
	for _, group := range services {
		under := group.under + "." + g.domain
		// Below a name that does not exist there is nothing (RFC 8020).
		if len(group.names) > 1 && !g.exists(ctx, under) {
			continue
		}
		for _, name := range group.names {
			g.pointedAt(ctx, name+"."+under, dns.TypeSRV)
		}
	}
}

// exists tells whether a name just below the domain is there, were it only for those
// below it; without an answer it may be.
func (g *gathering) exists(ctx context.Context, name string) bool {
	if g.denials.absent(name) {
		return false
	}
	reply, err := g.ask(ctx, name, dns.TypeSRV)
	absent := err == nil && reply.Rcode == dns.RcodeNameError
	g.proper = g.proper || absent
	return !absent
}

func (g *gathering) pointedAt(ctx context.Context, name string, qtype uint16) {
	if g.denials.absent(name) {
		return
	}
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

// usual are the names of what is reached from outside and forgotten (remote access,
// trials), and that of what should not be seen there. The list is short on purpose, for each of its names costs every zone one
// question or two; a log of certificates finds many more, and costs it none
// (docs/adr/0038).
var usual = []string{"vpn", "webmail", "extranet", "portail", "intranet", "test"}

// words tries names that are not known yet, unless the zone answers for any name.
func (g *gathering) words(ctx context.Context, words []string) {
	if !g.answersForAny(ctx) {
		for _, word := range words {
			g.word(ctx, scanner.CanonicalName(word)+"."+g.domain)
		}
	}
}

func (g *gathering) word(ctx context.Context, name string) {
	if g.assets[name] != nil || g.denials.absent(name) {
		return
	}
	if reply, err := g.ask(ctx, name, dns.TypeA); err == nil && len(reply.Answer) > 0 {
		asset := g.add(name, fact.FoundWord)
		g.settle(asset, reply)
		g.resolveSix(ctx, asset)
	}
}

// answersForAny tells whether the zone has a wildcard at its top, or whether nobody
// knows. A name just below it that does not exist shows that it has none (RFC 4592
// section 2.2.1); failing that, one that nobody can have made is asked.
func (g *gathering) answersForAny(ctx context.Context) bool {
	if g.proper {
		return false
	}
	reply, err := g.ask(ctx, strings.ToLower(rand.Text())+"."+g.domain, dns.TypeA)
	if err != nil {
		g.problem(fmt.Errorf("usual names: %w", err))
		return true
	}
	g.wildcard = len(reply.Answer) > 0
	return g.wildcard
}

// resolveAll finds where the names of the domain lead.
func (g *gathering) resolveAll(ctx context.Context) {
	again := scanner.Afresh(scanner.About(ctx, fact.Inventory{}.FactKind(), fact.InventoryAddresses))
	for _, asset := range g.sorted() {
		if isService(asset.Name) {
			continue
		}
		asset.InScope = g.permitted(ctx, asset)
		if asset.Own && asset.Answer == "" {
			g.resolve(scanner.Settled(ctx), asset)
		}
		if again && isOdd(*asset) {
			asset.Answer, asset.Addresses, asset.Aliases, asset.Error = "", nil, nil, ""
			g.resolve(scanner.About(ctx, fact.Inventory{}.FactKind(), fact.InventoryAddresses), asset)
		}
	}
}

// isService tells a name that holds records about others and leads nowhere, such as that of
// an SPF record that was split (RFC 8552).
func isService(name string) bool { return strings.HasPrefix(name, "_") || strings.Contains(name, "._") }

// isOdd tells whether a look that confirms asks again where a name leads: one that leads
// to an ordinary address of the internet is in no doubt, unless by a service that may
// have been given up.
func isOdd(asset fact.Asset) bool {
	if !asset.Own || asset.Answer == fact.NoAnswer {
		return asset.Own
	}
	if len(asset.Aliases) > 0 {
		_, hosted := providerOf(asset.Aliases[len(asset.Aliases)-1])
		return hosted || asset.Answer != fact.Present || slices.ContainsFunc(asset.Addresses, isSpecial)
	}
	return slices.ContainsFunc(asset.Addresses, isSpecial)
}

// isSpecial tells an address that is no ordinary one of the internet.
func isSpecial(text string) bool {
	addr, err := netip.ParseAddr(text)
	addr = addr.Unmap()
	return err != nil || !addr.IsGlobalUnicast() || addr.IsPrivate() || slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// special are ranges that the library takes for ordinary ones and the registries of
// special addresses do not (RFC 6890).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("fec0::/10"),
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

// resolveSix adds the addresses of version 6, unless they are known: a proof may tell that
// there are none, or another name that leads to the same end which there are. Without
// an answer, what version 4 showed stands, and a name that showed nothing is not known.
func (g *gathering) resolveSix(ctx context.Context, asset *fact.Asset) {
	if asset == nil || asset.Answer == fact.NXDomain || !scanner.Afresh(ctx) && g.denials.lacks(asset.Name, dns.TypeAAAA) {
		return
	}
	end := asset.Name
	if len(asset.Aliases) > 0 {
		end = asset.Aliases[len(asset.Aliases)-1]
	}
	if known, told := g.sixes[end]; told && !scanner.Afresh(ctx) {
		for _, address := range known {
			g.addressed(asset, address)
		}
		return
	}
	reply, err := g.ask(ctx, asset.Name, dns.TypeAAAA)
	if err == nil {
		g.sixes[end] = sixesOf(reply)
	}
	switch {
	case err != nil:
		asset.Error = scanner.Technical(err.Error())
		if asset.Answer != fact.Present {
			asset.Answer = fact.NoAnswer
		}
	case asset.Answer == fact.Present && len(sixesOf(reply)) == 0:
	default:
		asset.Aliases = nil
		g.settle(asset, reply)
	}
}

// sixesOf are the addresses of version 6 in an answer.
func sixesOf(reply *dns.Msg) (addresses []string) {
	for _, rr := range reply.Answer[:min(len(reply.Answer), maxRecords)] {
		if six, ok := rr.(*dns.AAAA); ok {
			addresses = append(addresses, six.AAAA.String())
		}
	}
	return addresses
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
