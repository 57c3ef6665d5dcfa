// SPDX-License-Identifier: Apache-2.0

package registration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// questioner asks the declared resolvers, and nobody else.
type questioner struct {
	asker     *dnswire.Asker
	resolvers []dnswire.Server
}

func newQuestioner(net scanner.Network, timeout time.Duration) *questioner {
	return &questioner{dnswire.NewAsker(net, timeout, maxDNS), dnswire.Resolvers(net)}
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

// ask puts a question to the resolvers in turn, until one resolves it.
func (q *questioner) ask(ctx context.Context, name string, qtype uint16) (*dns.Msg, error) {
	var failed error
	for _, at := range dnswire.Turn(ctx, q.resolvers) {
		reply, _, _, err := q.asker.Consult(ctx, at, name, qtype)
		if err == nil {
			err = dnswire.Resolved(reply)
		}
		if err == nil {
			return reply, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, fmt.Errorf("ask %s of %s: %w", dns.TypeToString[qtype], name, failed)
}
