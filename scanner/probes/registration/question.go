// SPDX-License-Identifier: Apache-2.0

package registration

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// questioner asks the declared resolvers, and nobody else.
type questioner struct {
	net       scanner.Network
	resolvers []netip.AddrPort
	timeout   time.Duration
}

// newQuestioner begins with another resolver when a failure is looked at again.
func newQuestioner(ctx context.Context, net scanner.Network, timeout time.Duration) *questioner {
	all := net.Resolvers()
	first := scanner.Attempt(ctx) % len(all)
	turned := slices.Concat(all[first:], all[:first])
	return &questioner{net, turned[:min(len(turned), maxResolvers)], timeout}
}

// exists asks whether a registrable domain is in the DNS. Only a proper denial
// is one (RFC 8020): a domain without servers of its own exists.
func (q *questioner) exists(ctx context.Context, domain string) fact.Answer {
	reply, err := q.ask(ctx, domain, dns.TypeNS)
	switch {
	case err != nil:
		return fact.NoAnswer
	case reply.Rcode == dns.RcodeNameError:
		return fact.NXDomain
	case len(nameServers(reply.Answer)) == 0:
		return fact.NoData
	}
	return fact.Present
}

var errNotResolved = errors.New("the resolver does not resolve")

// ask puts a question to the resolvers in turn, until one resolves it.
func (q *questioner) ask(ctx context.Context, name string, qtype uint16) (*dns.Msg, error) {
	var failed error
	for _, at := range q.resolvers {
		reply, err := q.exchange(ctx, at, name, qtype)
		if err == nil {
			return reply, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, fmt.Errorf("ask %s of %s: %w", dns.TypeToString[qtype], name, failed)
}

func (q *questioner) exchange(ctx context.Context, at netip.AddrPort, name string, qtype uint16) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	question := dnswire.NewQuery(name, qtype, true)
	reply, _, err := dnswire.Exchange(ctx, q.net, "udp", at.String(), question)
	if err == nil && reply.Truncated {
		reply, _, err = dnswire.Exchange(ctx, q.net, "tcp", at.String(), question)
	}
	if err != nil {
		return nil, err
	}
	resolved := reply.Rcode == dns.RcodeSuccess || reply.Rcode == dns.RcodeNameError
	if !resolved || !reply.RecursionAvailable {
		return nil, errNotResolved
	}
	return reply, nil
}
