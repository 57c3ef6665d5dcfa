// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"context"
	"net/netip"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// The bounds of what is asked about the script hosts of one site.
const (
	maxNames  = 20
	namesTime = 40 * time.Second
)

// nameHosts says of each foreign script host whether it still exists. It comes
// last: names that do not answer take nothing from the rest of the look.
func (v *visitor) nameHosts(ctx context.Context, scripts []fact.Script) {
	ctx, cancel := scanner.WithPatience(ctx, namesTime)
	defer cancel()
	for i, s := range scripts {
		if s.Third {
			scripts[i].Name = v.nameOf(ctx, s.Host)
		}
	}
}

// nameOf says whether a host that a page takes scripts from still exists. It is
// only asked of resolvers: nothing is sent to the host.
func (v *visitor) nameOf(ctx context.Context, host string) fact.HostName {
	if v.names == nil {
		v.names = map[string]fact.HostName{}
	}
	known, asked := v.names[host]
	if asked || len(v.names) == maxNames {
		return firstName(known, fact.NameUnknown)
	}
	v.names[host] = v.lookup(ctx, host)
	return v.names[host]
}

func firstName(a, b fact.HostName) fact.HostName {
	if a != "" {
		return a
	}
	return b
}

func (v *visitor) lookup(ctx context.Context, host string) fact.HostName {
	if _, err := netip.ParseAddr(host); err == nil {
		return fact.NameFound
	}
	ctx, cancel := scanner.WithPatience(ctx, v.timeout)
	defer cancel()
	found, err := v.net.Lookup(ctx, host)
	switch {
	case err != nil:
		return fact.NameUnknown
	case len(found) > 0:
		return fact.NameFound
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return fact.NameLost // a suffix itself: nobody can register it
	}
	return v.registered(ctx, domain)
}

// registered asks one resolver for the domain itself: a domain without
// addresses may well exist, and only NXDOMAIN proves that it does not (RFC 8020).
func (v *visitor) registered(ctx context.Context, domain string) fact.HostName {
	resolvers := dnswire.Turn(ctx, dnswire.Resolvers(v.net))
	if len(resolvers) == 0 {
		return fact.NameUnknown
	}
	answer, _, err := dnswire.Exchange(ctx, v.net, scanner.AnyTransport, resolvers[0].Address, dnswire.NewQuery(domain, dns.TypeNS, true))
	switch {
	case err != nil || dnswire.Resolved(answer) != nil:
		return fact.NameUnknown
	case answer.Rcode == dns.RcodeNameError:
		return fact.NameFree
	}
	return fact.NameLost
}
