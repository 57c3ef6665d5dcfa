// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"net"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// maxAuthoritative is how many servers of the domain are asked for content before
// the resolvers are.
const maxAuthoritative = 2

// zone asks everything there is to know of a name. When the resolvers do not tell
// its servers, as they may of a zone that is badly signed or held by nobody, the
// zone above is asked for them, and what it says is returned too. A look that confirms
// something else needs the servers only.
func (p *Probe) zone(ctx context.Context, a *asker, name string, resolvers []server) (z fact.Zone, parent *fact.RecordSet) {
	ctx, cancel := scanner.WithPatience(ctx, zoneTime)
	defer cancel()
	z = fact.Zone{Name: name, NS: a.ask(aboutServers(ctx), name, dns.TypeNS, resolvers)}
	var told fact.RecordSet
	if z.NS.Answer == fact.NoAnswer {
		told = a.parent(aboutServers(ctx), name, resolvers)
		parent = &told
	}
	if !scanner.Wanted(ctx, z.FactKind(), "") {
		return z, parent
	}
	own := authoritative(ctx, a.net, z.NS)
	if parent != nil {
		own = authoritative(ctx, a.net, told)
	}
	z.MX = a.ask(about(ctx, fact.ZoneMX), name, dns.TypeMX, own, resolvers)
	z.TXT = a.ask(about(ctx, fact.ZoneTXT), name, dns.TypeTXT, resolvers) // the mail asks them too, and judges it
	// The DS lives in the parent zone (RFC 4034 section 5), which is never ours
	// to contact: only resolvers are asked.
	z.DS = a.ask(about(ctx, fact.ZoneDS), name, dns.TypeDS, resolvers)
	z.DNSKEY = a.ask(about(ctx, fact.ZoneDNSKEY), name, dns.TypeDNSKEY, own, resolvers)
	z.CAA = a.askUntil(about(ctx, fact.ZoneCAA), climb(name), dns.TypeCAA, isPresent, own, resolvers)
	// Names other than that of the zone are filtered more often: what they cost is
	// not taken from the others.
	z.DMARC = a.askUntil(about(ctx, fact.ZoneDMARC), dmarcWalk(name), dns.TypeTXT, func(set fact.RecordSet) bool {
		return set.Name == "_dmarc."+name && hasOneDMARC(set)
	}, resolvers)
	if scanner.Wanted(ctx, z.FactKind(), fact.ZoneCAA) {
		z.Certificate = p.certificate(ctx, a.net, z)
	}
	return z, parent
}

// aboutServers is asking for the name servers of a zone, of which two facts tell.
func aboutServers(ctx context.Context) context.Context {
	delegation := fact.Delegation{}.FactKind()
	if scanner.Wanted(ctx, delegation, fact.DelegationServers) {
		return scanner.About(ctx, delegation, fact.DelegationServers)
	}
	return scanner.About(ctx, fact.Zone{}.FactKind(), fact.ZoneNS)
}

// askUntil asks the same question of a list of names until one settles it.
func (a *asker) askUntil(ctx context.Context, names []string, qtype uint16, settles func(fact.RecordSet) bool, groups ...[]server) []fact.RecordSet {
	var sets []fact.RecordSet
	for _, name := range names {
		set := a.ask(ctx, name, qtype, groups...)
		sets = append(sets, set)
		if settles(set) {
			break
		}
	}
	return sets
}

// hasOneDMARC tells whether a set settles the policy. The record of the name
// itself does; among those of its parents the highest may prevail, so the walk
// goes to its end (RFC 9989 section 4.10). Several records at one name are none.
func hasOneDMARC(set fact.RecordSet) bool {
	count := 0
	for _, value := range set.Values {
		if strings.HasPrefix(value, "v=DMARC1") {
			count++
		}
	}
	return count == 1
}

// isPresent ends the climb of RFC 8659 section 3: the nearest set applies.
func isPresent(set fact.RecordSet) bool { return set.Answer == fact.Present }

// authoritative lists the servers of the domain that exist and that we may ask. They
// are dialled by name: the guard checks the address it finds.
func authoritative(ctx context.Context, network scanner.Network, ns fact.RecordSet) []server {
	ctx = scanner.Settled(ctx)
	var servers []server
	for _, value := range ns.Values {
		if len(servers) == maxAuthoritative {
			break
		}
		host := scanner.CanonicalName(value)
		if addresses, err := network.Lookup(ctx, host); err == nil && len(addresses) == 0 {
			continue
		}
		if network.Permits(ctx, host) == nil {
			servers = append(servers, server{Server: dnswire.Server{Address: net.JoinHostPort(host, "53")}})
		}
	}
	return servers
}

// recursive lists the resolvers that are asked.
func recursive(network scanner.Network) []server {
	var servers []server
	for _, r := range dnswire.Resolvers(network) {
		servers = append(servers, server{Server: r, recursive: true})
	}
	return servers
}

// unread says which questions got no answer, or not a whole one: a question left
// without answer is no doubt about the others.
func unread(z fact.Zone) (gaps []scanner.Gap) {
	for _, part := range []struct {
		name string
		sets []fact.RecordSet
	}{
		{fact.ZoneNS, []fact.RecordSet{z.NS}},
		{fact.ZoneMX, []fact.RecordSet{z.MX}},
		{fact.ZoneTXT, []fact.RecordSet{z.TXT}},
		{fact.ZoneDMARC, z.DMARC},
		{fact.ZoneCAA, z.CAA},
		{fact.ZoneDS, []fact.RecordSet{z.DS}},
		{fact.ZoneDNSKEY, []fact.RecordSet{z.DNSKEY}},
	} {
		if causes := unanswered(part.sets...); len(causes) > 0 {
			gaps = append(gaps, scanner.Gap{Part: part.name, Causes: causes})
		}
	}
	return gaps
}

// unanswered says of sets that are not whole why, and which they are.
func unanswered(sets ...fact.RecordSet) (missing scanner.Causes) {
	for _, set := range sets {
		if set.Error != "" {
			cause := set.Cause.At(set.Type + " " + set.Name)
			cause.Detail = set.Type + " " + set.Name + ": " + set.Error
			missing = append(missing, cause)
		}
	}
	return missing
}

// about says for which part of what a zone holds a question is.
func about(ctx context.Context, part string) context.Context {
	return scanner.About(ctx, fact.Zone{}.FactKind(), part)
}
