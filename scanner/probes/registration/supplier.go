// SPDX-License-Identifier: Apache-2.0

package registration

import (
	"context"
	"slices"
	"strings"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// registrable is the part of a name that somebody bought: one label below a
// suffix of a registry. Suffixes that companies declare for their customers are
// bought too. It is empty when there is none.
func registrable(name string) string {
	name = scanner.CanonicalName(name)
	if !dnswire.IsHostName(name) {
		return ""
	}
	suffix, official := publicsuffix.PublicSuffix(name)
	for !official && strings.Contains(suffix, ".") {
		_, above, _ := strings.Cut(suffix, ".")
		suffix, official = publicsuffix.PublicSuffix(above)
	}
	rest, ok := strings.CutSuffix(name, "."+suffix)
	if !ok || rest == "" {
		return ""
	}
	return rest[strings.LastIndexByte(rest, '.')+1:] + "." + suffix
}

// roles lists what a supplier may be to a domain, with the question that shows it.
var roles = []struct {
	name  string
	qtype uint16
	hosts func([]dns.RR) []string
}{
	{"ns", dns.TypeNS, nameServers},
	{"mx", dns.TypeMX, mailServers},
	{"spf", dns.TypeTXT, senders},
}

// suppliers lists the registrable domains that a domain points to, itself left
// out, and the records that could not be read.
func (q *questioner) suppliers(ctx context.Context, name, top string) (list []fact.Supplier, unread []string) {
	for _, role := range roles {
		reply, err := q.ask(ctx, name, role.qtype)
		if err != nil {
			unread = append(unread, role.name)
			continue
		}
		for _, host := range role.hosts(reply.Answer) {
			if domain := registrable(host); domain != "" && domain != top {
				list = addRole(list, domain, role.name)
			}
		}
	}
	return list, unread
}

func addRole(list []fact.Supplier, domain, role string) []fact.Supplier {
	at := slices.IndexFunc(list, func(s fact.Supplier) bool { return s.Domain == domain })
	if at < 0 {
		return append(list, fact.Supplier{Domain: domain, Roles: []string{role}})
	}
	if !slices.Contains(list[at].Roles, role) {
		list[at].Roles = append(list[at].Roles, role)
	}
	return list
}

func nameServers(records []dns.RR) (hosts []string) {
	for _, rr := range records {
		if ns, ok := rr.(*dns.NS); ok {
			hosts = append(hosts, ns.Ns)
		}
	}
	return hosts
}

func mailServers(records []dns.RR) (hosts []string) {
	for _, rr := range records {
		if mx, ok := rr.(*dns.MX); ok {
			hosts = append(hosts, mx.Mx)
		}
	}
	return hosts
}

// senders lists the domains to which an SPF record hands over (RFC 7208
// sections 5.2 and 6.1).
func senders(records []dns.RR) (hosts []string) {
	for _, rr := range records {
		if txt, ok := rr.(*dns.TXT); ok {
			hosts = append(hosts, ParseSenders(strings.Join(txt.Txt, ""))...)
		}
	}
	return hosts
}

// ParseSenders reads the targets of "include" and "redirect" in an SPF record;
// any other text has none. A macro leaves what is written after it.
func ParseSenders(text string) (hosts []string) {
	terms := strings.Fields(strings.ToLower(text))
	if len(terms) == 0 || terms[0] != "v=spf1" {
		return nil
	}
	for _, term := range terms[1:] {
		target, ok := strings.CutPrefix(strings.TrimLeft(term, "+-?~"), "include:")
		if !ok {
			target, ok = strings.CutPrefix(term, "redirect=")
		}
		target = strings.TrimPrefix(target[strings.LastIndexByte(target, '}')+1:], ".")
		if ok && target != "" {
			hosts = append(hosts, target)
		}
	}
	return hosts
}
