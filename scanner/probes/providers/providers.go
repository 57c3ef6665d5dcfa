// SPDX-License-Identifier: Apache-2.0

// Package providers finds whose servers serve the domains of a scope without being
// in it, so that a person may declare them. It asks the resolvers and nobody else.
package providers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/probes/internal/dnswire"
)

// The bounds of one search.
const (
	timeout      = 3 * time.Second
	maxExchanges = 1000 // for all domains
	maxServers   = 32   // of one domain
)

// Server is a server of others.
type Server struct {
	Name    string
	Service scanner.Service
	Domains []string // that it serves
	// Meeting tells one that is declared from one that is not.
	Meeting scanner.Meeting
}

// Found is what the resolvers told.
type Found struct {
	Servers []Server // by service, then by name
	// Unknown says why the servers of some domains are not known, whole or in part.
	Unknown scanner.Causes
}

// Find asks the resolvers for the name servers and mail exchangers of domains, and
// keeps those that are not in the scope.
func Find(ctx context.Context, network scanner.Network, domains []string) (Found, error) {
	resolvers := dnswire.Resolvers(network)
	if len(resolvers) == 0 {
		return Found{}, fmt.Errorf("find providers: %w", dnswire.ErrNoResolver)
	}
	s := search{network: network, asker: dnswire.NewAsker(network, timeout, maxExchanges), resolvers: resolvers, servers: map[string]*Server{}}
	for _, domain := range domains {
		s.look(ctx, domain, scanner.ServiceNames, dns.TypeNS)
		s.look(ctx, domain, scanner.ServiceMail, dns.TypeMX)
	}
	found := Found{Unknown: s.unknown}
	for _, server := range s.servers {
		found.Servers = append(found.Servers, *server)
	}
	slices.SortFunc(found.Servers, func(a, b Server) int { return strings.Compare(sortKey(a), sortKey(b)) })
	return found, nil
}

// sortKey puts name servers before mail exchangers.
func sortKey(s Server) string {
	rank := "0 "
	if s.Service == scanner.ServiceMail {
		rank = "1 "
	}
	return rank + s.Name
}

type search struct {
	network   scanner.Network
	asker     *dnswire.Asker
	resolvers []dnswire.Server
	servers   map[string]*Server // by service and name
	unknown   scanner.Causes
}

// look finds the servers of one domain for one service.
func (s *search) look(ctx context.Context, domain string, service scanner.Service, qtype uint16) {
	hosts, err := s.ask(ctx, domain, qtype)
	if err == nil && len(hosts) > maxServers {
		err = fmt.Errorf("only %d of %d servers are looked for", maxServers, len(hosts))
		hosts = hosts[:maxServers]
	}
	if err != nil {
		s.unknown = append(s.unknown, scanner.CauseOf(err).At(dns.TypeToString[qtype]+" "+domain))
	}
	for _, host := range hosts {
		meeting, _ := scanner.Meet(ctx, s.network, host, scanner.Purpose{Service: service, Domain: domain}) // a refusal is what is looked for
		if meeting == scanner.MetInScope {
			continue
		}
		key := string(service) + " " + host
		if s.servers[key] == nil {
			s.servers[key] = &Server{Name: host, Service: service, Meeting: meeting}
		}
		s.servers[key].Domains = append(s.servers[key].Domains, domain)
	}
}

// ask puts one question to the resolvers in turn, until one settles it, and lists
// the hosts of the answer. A null MX names none (RFC 7505).
func (s *search) ask(ctx context.Context, domain string, qtype uint16) (hosts []string, failed error) {
	for _, resolver := range s.resolvers {
		reply, _, _, err := s.asker.Consult(ctx, resolver, domain, qtype)
		if err == nil {
			err = dnswire.Resolved(reply)
		}
		if err != nil {
			failed = fmt.Errorf("%s: %w", resolver.Address, err)
			continue
		}
		records, _ := dnswire.Records(reply, domain, qtype)
		for _, record := range records {
			if host := hostOf(record); dnswire.IsHostName(host) && !slices.Contains(hosts, host) {
				hosts = append(hosts, host)
			}
		}
		return hosts, nil
	}
	return nil, failed
}

func hostOf(record dns.RR) string {
	switch r := record.(type) {
	case *dns.NS:
		return scanner.CanonicalName(r.Ns)
	case *dns.MX:
		return scanner.CanonicalName(r.Mx)
	}
	return ""
}
