// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
)

const (
	maxResolvers   = 2
	triesPerServer = 2
	// maxSilences is how many exchanges in a row may fail before a resolver is left
	// alone for the rest of the look.
	maxSilences = 3
	maxAliases  = 16
)

var (
	errNoExchange   = errors.New("the exchanges of this look are spent")
	errNotRecursive = errors.New("the resolver does not resolve")
	errBadName      = errors.New("not a name that can be asked")
)

// resolver puts questions to recursive resolvers within the bounds of one look,
// and never the same question twice.
type resolver struct {
	net      scanner.Network
	timeout  time.Duration
	servers  []netip.AddrPort
	spent    int
	silences map[netip.AddrPort]int
	known    map[question]answer
	journal  journal
}

type question struct {
	name  string
	qtype uint16
}

// answer is what a question got. The records are of the type asked, through
// aliases.
type answer struct {
	state   fact.Answer
	records []dns.RR
	aliased bool // the name asked is a CNAME
	fault   string
}

func newResolver(net scanner.Network, timeout time.Duration, servers []netip.AddrPort) *resolver {
	return &resolver{net: net, timeout: timeout, servers: servers, silences: map[netip.AddrPort]int{}, known: map[question]answer{}}
}

// turned lists the resolvers to ask, another one first in a look that confirms.
func turned(all []netip.AddrPort, attempt int) []netip.AddrPort {
	if len(all) == 0 {
		return nil
	}
	first := attempt % len(all)
	order := slices.Concat(all[first:], all[:first])
	return order[:min(len(order), maxResolvers)]
}

// ask puts one question, once.
func (r *resolver) ask(ctx context.Context, name string, qtype uint16) answer {
	q := question{strings.ToLower(strings.TrimSuffix(name, ".")), qtype}
	if known, ok := r.known[q]; ok {
		return known
	}
	a := r.askServers(ctx, q)
	r.known[q] = a
	r.journal.answer(q, a)
	return a
}

// askServers asks the resolvers in turn, until one really answers.
func (r *resolver) askServers(ctx context.Context, q question) answer {
	if !isPlainName(q.name) {
		return answer{state: fact.NoAnswer, fault: errBadName.Error()}
	}
	fault := "no resolver left to ask"
	for _, server := range r.servers {
		if r.silences[server] >= maxSilences {
			continue
		}
		a, err := r.insist(ctx, server, q)
		if err == nil {
			return a
		}
		fault = excerpt.Of(fmt.Sprintf("%s: %v", server, err), maxError)
	}
	return answer{state: fact.NoAnswer, fault: fault}
}

// insist repeats an exchange that brought nothing.
func (r *resolver) insist(ctx context.Context, server netip.AddrPort, q question) (a answer, err error) {
	for range triesPerServer {
		var reply *dns.Msg
		reply, err = r.exchange(ctx, server, q)
		if err == nil {
			r.silences[server] = 0
			return settle(q, reply)
		}
		r.silences[server]++
		if ctx.Err() != nil || errors.Is(err, errNoExchange) || r.silences[server] >= maxSilences {
			break
		}
	}
	return a, err
}

// exchange asks over UDP, and over TCP when the answer did not fit (RFC 7766
// section 5).
func (r *resolver) exchange(ctx context.Context, server netip.AddrPort, q question) (*dns.Msg, error) {
	reply, err := r.over(ctx, "udp", server, q)
	if err == nil && reply.Truncated {
		return r.over(ctx, "tcp", server, q)
	}
	return reply, err
}

func (r *resolver) over(ctx context.Context, transport string, server netip.AddrPort, q question) (*dns.Msg, error) {
	if r.spent >= maxExchanges {
		return nil, errNoExchange
	}
	r.spent++
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	// RFC 5452 section 4.3: every query has an id of its own.
	reply, _, err := dnswire.Exchange(ctx, r.net, transport, server.String(), dnswire.NewQuery(q.name, q.qtype, true))
	return reply, err
}

// settle reads a reply. It fails when the reply neither shows records nor proves
// their absence: a failure is never an absence.
func settle(q question, reply *dns.Msg) (answer, error) {
	if reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError {
		return answer{}, fmt.Errorf("the resolver answered %s", rcodeName(reply.Rcode))
	}
	if !reply.RecursionAvailable && !reply.Authoritative {
		return answer{}, errNotRecursive
	}
	records, aliased := collect(reply, q)
	a := answer{state: fact.NoData, records: records, aliased: aliased}
	switch {
	case len(records) > 0:
		a.state = fact.Present
	case reply.Rcode == dns.RcodeNameError:
		a.state = fact.NXDomain
	}
	return a, nil
}

// collect gathers the records of a type at a name, through its aliases.
func collect(reply *dns.Msg, q question) (records []dns.RR, aliased bool) {
	owner := dns.Fqdn(q.name)
	for range maxAliases {
		next := ""
		for _, rr := range reply.Answer {
			head := rr.Header()
			if head.Class != dns.ClassINET || !strings.EqualFold(head.Name, owner) {
				continue
			}
			if head.Rrtype == q.qtype {
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

// address asks whether a name has an address of either family.
func (r *resolver) address(ctx context.Context, name string) answer {
	four := r.ask(ctx, name, dns.TypeA)
	if four.state != fact.NoData {
		return four
	}
	six := r.ask(ctx, name, dns.TypeAAAA)
	six.aliased = six.aliased || four.aliased
	return six
}

// texts asks for the TXT records of a name, the strings of each joined without
// separator (RFC 7208 section 3.3).
func (r *resolver) texts(ctx context.Context, name string) (answer, []string) {
	a := r.ask(ctx, name, dns.TypeTXT)
	var texts []string
	for _, rr := range a.records {
		if txt, ok := rr.(*dns.TXT); ok {
			texts = append(texts, unescape(strings.Join(txt.Txt, "")))
		}
	}
	return a, texts
}

func rcodeName(code int) string {
	if name, ok := dns.RcodeToString[code]; ok {
		return name
	}
	return fmt.Sprintf("code %d", code)
}
