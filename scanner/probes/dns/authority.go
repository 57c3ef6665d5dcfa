// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
)

// maxTries is how often a server is asked before it is called silent
// (exposure-checks.md section 1.2).
const maxTries = 3

// hear asks until the server answers for the zone, three times at most, and says
// what the tries amount to: anything that came back counts more than silence.
func (a *asker) hear(ctx context.Context, transport string, s dnswire.Server, name string, qtype uint16) (fact.ServerReply, *dns.Msg) {
	heard := endedBy(fact.ServerNotAsked, errNoTime)
	for i := range a.tries(transport, s) {
		if ctx.Err() != nil {
			break
		}
		reply, err := a.once(ctx, transport, s, name, qtype)
		state := serverState(name, reply, err)
		if i == 0 || state.State != fact.ServerSilent {
			heard = state
		}
		if state.State == fact.ServerAuthoritative {
			return state, reply
		}
		if err != nil && isOurs(err) {
			break
		}
	}
	a.remember(transport, s, heard.State)
	return heard, nil
}

var errNoTime = scanner.NotSeen(scanner.CauseLate, scanner.Values{scanner.ValueLimit: fmt.Sprintf("%.0f s", serversTime.Seconds())},
	errors.New("the time of this look is spent"))

// endedBy is the end of a contact that brought no answer.
func endedBy(state fact.ServerState, err error) fact.ServerReply {
	cause, text := excerpt.Why(err, maxError)
	return fact.ServerReply{State: state, Cause: cause, Error: text}
}

// once makes one try, and keeps its answer as evidence.
func (a *asker) once(ctx context.Context, transport string, s dnswire.Server, name string, qtype uint16) (*dns.Msg, error) {
	q := dnswire.NewQuery(name, qtype, false)
	if qtype == dns.TypeSOA {
		q = dnswire.NewStart(name)
	}
	reply, from, err := a.Over(ctx, transport, s, q)
	if err == nil && qtype == dns.TypeSOA && isClear(reply.Rcode) && !reply.RecursionAvailable {
		result, why := recursionResult(reply)
		a.closed[s] = fact.RecursionTry{Result: result, Error: why}
	}
	if err == nil {
		a.journal.reply(name, qtype, from, reply, a.Before())
	}
	return reply, err
}

// tries is how often a server is asked: once over TCP when UDP brought nothing.
func (a *asker) tries(transport string, s dnswire.Server) int {
	if transport == "tcp" && a.Silent(s) {
		return 1
	}
	return maxTries
}

func (a *asker) remember(transport string, s dnswire.Server, state fact.ServerState) {
	if transport == "udp" && state == fact.ServerSilent {
		a.Abandon(s)
	}
}

// serverState reads one try.
func serverState(name string, reply *dns.Msg, err error) fact.ServerReply {
	state := fact.ServerSilent
	switch {
	case err == nil:
		return authority(name, reply)
	case isNoRoute(err):
		state = fact.ServerNoRoute
	case isOurs(err):
		state = fact.ServerNotAsked
	case errors.Is(err, syscall.ECONNREFUSED):
		state = fact.ServerClosed
	}
	return endedBy(state, err)
}

// authority tells whether a server answers for the zone: with authority, and
// with the record of its top (RFC 1912 section 2.8).
func authority(name string, reply *dns.Msg) fact.ServerReply {
	lame := fact.ServerReply{State: fact.ServerLame}
	switch {
	case !isClear(reply.Rcode):
		return endedBy(fact.ServerFailing, dnswire.Answered("the server", reply.Rcode))
	case reply.Rcode != dns.RcodeSuccess:
		lame.Error = "the server answered " + dnswire.CodeName(reply.Rcode)
	case !reply.Authoritative:
		lame.Error = "the server answers without authority"
	case !reply.Truncated && !isTop(name, reply):
		lame.Error = "the server does not hold the top of the zone"
	default:
		return fact.ServerReply{State: fact.ServerAuthoritative}
	}
	return lame
}

// isClear tells an answer about the zone from a failure, which may pass, and from
// the misunderstanding of an old server (RFC 6891 section 7). REFUSED is what
// servers say of a zone that they do not hold.
func isClear(rcode int) bool {
	switch rcode {
	case dns.RcodeSuccess, dns.RcodeNameError, dns.RcodeRefused, dns.RcodeNotAuth:
		return true
	}
	return false
}

func isTop(name string, reply *dns.Msg) bool {
	return soaOf(name, reply) != nil || len(nsOf(name, reply.Answer)) > 0
}

// soaOf reads the start of the zone; its mail address stays behind.
func soaOf(name string, reply *dns.Msg) *fact.StartOfAuthority {
	for _, rr := range answers(reply) {
		if soa, ok := rr.(*dns.SOA); ok && strings.EqualFold(soa.Hdr.Name, dns.Fqdn(name)) {
			return &fact.StartOfAuthority{
				Serial: soa.Serial, Refresh: soa.Refresh, Retry: soa.Retry, Expire: soa.Expire, Minimum: soa.Minttl,
			}
		}
	}
	return nil
}

func answers(reply *dns.Msg) []dns.RR {
	if reply == nil {
		return nil
	}
	return reply.Answer
}
