// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"syscall"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
)

// defaultRecursionZone is where the names asked of strangers lie. Resolvers
// treat "example" like any name, and answer "invalid" or "test" by themselves
// (RFC 6761 section 6): those would hide an open resolver.
const defaultRecursionZone = "recursion-test.example"

// recursion asks every address of the name servers to resolve a name of ours,
// which no cache can hold; a provider's is asked about the domain instead. One that has
// said, when asked for the zone, that it offers no recursion (RFC 1035 section 4.1.1, RA)
// is not asked again.
func (p *Probe) recursion(ctx context.Context, a *asker, domain string, servers []nameServer, left int) fact.Recursion {
	r := fact.Recursion{Name: strings.ToLower(rand.Text()) + "." + p.recursionZone, Tries: []fact.RecursionTry{}, More: left}
	for _, s := range servers {
		for _, d := range s.doors {
			try := a.tryRecursion(ctx, domain, r.Name, d)
			try.Server, try.Address, try.Meeting = s.host, d.address(), d.meeting
			r.Tries = append(r.Tries, try)
		}
		if s.answer == fact.NoData {
			absent := noRecursion(fact.RecursionNoAddress, errNoAddress)
			absent.Server = s.host
			r.Tries = append(r.Tries, absent)
		}
	}
	return r
}

func (a *asker) tryRecursion(ctx context.Context, domain, name string, d door) fact.RecursionTry {
	switch {
	case d.refused != nil:
		return noRecursion(fact.RecursionNotAsked, d.refused)
	case ctx.Err() != nil:
		return noRecursion(fact.RecursionNotAsked, errNoTime)
	case a.Silent(d.server()):
		return noRecursion(fact.RecursionFailed, dnswire.ErrSilent)
	case a.closed[d.server()].Result != "":
		return a.closed[d.server()]
	case d.meeting == scanner.MetAsClient:
		return a.askForRecursion(ctx, domain, d)
	}
	reply, from, err := a.Ask(ctx, d.server(), dnswire.NewQuery(name, dns.TypeA, true))
	if err != nil {
		return failedRecursion(err)
	}
	a.journal.reply(name, dns.TypeA, from, reply, a.Before())
	result, why := recursionResult(reply)
	return fact.RecursionTry{Result: result, Error: why}
}

func failedRecursion(err error) fact.RecursionTry {
	result := fact.RecursionFailed
	switch {
	case isNoRoute(err):
		result = fact.RecursionNoRoute
	case isOurs(err):
		result = fact.RecursionNotAsked
	case errors.Is(err, syscall.ECONNREFUSED):
		result = fact.RecursionRefused // nobody listens, so nobody resolves
	}
	return noRecursion(result, err)
}

// noRecursion is a try that showed nothing.
func noRecursion(result fact.RecursionResult, err error) fact.RecursionTry {
	cause, text := excerpt.Why(err, maxError)
	return fact.RecursionTry{Result: result, Cause: cause, Error: text}
}

// recursionResult tells a whole recursive answer (RFC 5358 section 3) from all
// the rest. A server that claims authority over the name answers from its own
// data, whatever it offers.
func recursionResult(reply *dns.Msg) (result fact.RecursionResult, why string) {
	answered := reply.Rcode == dns.RcodeNameError || reply.Rcode == dns.RcodeSuccess && !isReferral(reply)
	switch {
	case reply.Rcode == dns.RcodeRefused:
		return fact.RecursionRefused, ""
	case !reply.RecursionAvailable:
		return fact.RecursionNone, "the server does not offer recursion"
	case reply.Authoritative:
		return fact.RecursionNone, "the server claims authority over the name"
	case !answered:
		return fact.RecursionNone, "the server brought no answer: " + dnswire.CodeName(reply.Rcode)
	}
	return fact.RecursionOpen, ""
}

// isReferral tells an answer that sends elsewhere, or says nothing, from one
// that proves an absence with a SOA (RFC 2308 section 2.2).
func isReferral(reply *dns.Msg) bool {
	for _, rr := range reply.Ns {
		if rr.Header().Rrtype == dns.TypeSOA {
			return false
		}
	}
	return len(reply.Answer) == 0
}
