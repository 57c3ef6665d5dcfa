// SPDX-License-Identifier: Apache-2.0

package dnswire

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// MaxResolvers is how many resolvers one question may be put to.
const MaxResolvers = 2

// Resolvers lists the declared resolvers to ask, each question in its Turn.
func Resolvers(network scanner.Network) []Server {
	var servers []Server
	for _, at := range network.Resolvers() {
		servers = append(servers, Server{Address: at.String()})
	}
	return servers[:min(len(servers), MaxResolvers)]
}

// Turn begins a list with another of its members when a failure is looked at
// again. What is not in doubt is asked where it was.
func Turn[T any](ctx context.Context, list []T) []T {
	if len(list) == 0 || !scanner.Afresh(ctx) {
		return list
	}
	first := scanner.Attempt(ctx) % len(list)
	return slices.Concat(list[first:], list[:first])
}

// ErrNotRecursive is the answer of a server that is no resolver.
var ErrNotRecursive = scanner.NotSeen(scanner.CauseRefusedAnswer, nil, errors.New("the resolver does not resolve"))

// Resolved tells whether a resolver settled the question: a failure is never an
// absence.
func Resolved(reply *dns.Msg) error {
	switch {
	case !IsConclusive(reply):
		return Answered("the resolver", reply.Rcode)
	case !reply.RecursionAvailable && !reply.Authoritative:
		return ErrNotRecursive
	}
	return nil
}

// IsConclusive tells an answer, be it a denial (RFC 8020), from a failure.
func IsConclusive(reply *dns.Msg) bool {
	return reply.Rcode == dns.RcodeSuccess || reply.Rcode == dns.RcodeNameError
}

// Answered is the failure of a server that answers by an error code.
func Answered(who string, code int) error {
	name := CodeName(code)
	return scanner.NotSeen(scanner.CauseDNSFailure, scanner.Values{scanner.ValueCode: name}, fmt.Errorf("%s answered %s", who, name))
}

// ErrNoResolver is the end of a look that has nobody to ask.
var ErrNoResolver = scanner.NotSeen(scanner.CauseNoResolver, nil, errors.New("no recursive resolver is declared"))

// CodeName is how a code of RFC 6895 section 2.3 is written.
func CodeName(code int) string {
	if name, ok := dns.RcodeToString[code]; ok {
		return name
	}
	return fmt.Sprintf("code %d", code)
}

// maxAliases is how many aliases are followed within one answer.
const maxAliases = 16

// Records gathers the records of a type at a name, through the aliases that lead
// there.
func Records(reply *dns.Msg, name string, qtype uint16) (records []dns.RR, aliased bool) {
	owner := dns.Fqdn(name)
	for range maxAliases {
		next := ""
		for _, rr := range reply.Answer {
			head := rr.Header()
			if head.Class != dns.ClassINET || !strings.EqualFold(head.Name, owner) {
				continue
			}
			if head.Rrtype == qtype {
				records = append(records, rr)
			} else if alias, ok := rr.(*dns.CNAME); ok {
				next = alias.Target
			}
		}
		if len(records) > 0 || next == "" {
			break
		}
		owner, aliased = next, true
	}
	return records, aliased
}
