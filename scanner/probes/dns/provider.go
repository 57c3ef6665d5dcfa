// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"errors"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// asClientOf is what an ordinary client of a domain wants of a provider's server.
func asClientOf(domain string) scanner.Purpose {
	return scanner.Purpose{Service: scanner.ServiceNames, Domain: domain}
}

// met gives a conversation the purpose that a provider's server is met for.
func met(ctx context.Context, m scanner.Meeting, domain string) context.Context {
	if m != scanner.MetAsClient {
		return ctx
	}
	return scanner.AsClient(ctx, asClientOf(domain))
}

// The ends of what an ordinary client does not ask a provider's server.
var (
	errProviderZone    = scanner.NotSeen(scanner.CauseProvider, nil, errors.New("an ordinary client does not ask for a whole zone"))
	errProviderOffered = scanner.NotSeen(scanner.CauseProvider, nil, errors.New("the server offers recursion; a provider is not asked for other names"))
)

// askForRecursion asks a provider's server about the domain, as a client that hopes
// for recursion. One that says it offers none (RFC 1035 section 4.1.1, RA) is
// closed, and one that resolves a domain it does not hold is open; whether one that
// offers recursion and holds the domain resolves other names is not asked.
func (a *asker) askForRecursion(ctx context.Context, domain string, d door) fact.RecursionTry {
	reply, from, err := a.Ask(met(ctx, d.meeting, domain), d.server(), dnswire.NewQuery(domain, dns.TypeSOA, true))
	if err != nil {
		return failedRecursion(err)
	}
	a.journal.reply(domain, dns.TypeSOA, from, reply, a.Before())
	result, why := recursionResult(reply)
	if result == fact.RecursionNone && reply.RecursionAvailable {
		try := noRecursion(fact.RecursionNotAsked, errProviderOffered)
		try.Offered = true
		return try
	}
	return fact.RecursionTry{Result: result, Error: why}
}
