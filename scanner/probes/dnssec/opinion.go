// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"context"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// maxExtended is how many extended errors of one answer are kept.
const maxExtended = 8

// opinion asks the first resolver for the domain as a client would: one that
// validates says so, or refuses to answer. It is a second validator.
func (l *look) opinion(ctx context.Context) {
	ctx = about(ctx, fact.DNSSECChain)
	resolver := dnswire.Turn(ctx, l.resolvers)[0]
	o := fact.DNSSECOpinion{Resolver: resolver}
	reply, _, err := l.asker.ask(ctx, resolver, dnswire.NewQuery(l.name, dns.TypeNS, true))
	if err == nil {
		o.Answered, o.Code, o.Authentic = true, dnswire.CodeName(reply.Rcode), reply.AuthenticatedData
		o.Errors = extended(reply)
	}
	l.fact.Opinions = append(l.fact.Opinions, o)
}

// extended reads the extended errors of an answer (RFC 8914).
func extended(reply *dns.Msg) []int {
	var codes []int
	opt := reply.IsEdns0()
	if opt == nil {
		return nil
	}
	for _, option := range opt.Option {
		if e, ok := option.(*dns.EDNS0_EDE); ok && len(codes) < maxExtended {
			codes = append(codes, int(e.InfoCode))
		}
	}
	return codes
}
