// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
)

var errBadName = scanner.NotSeen(scanner.CauseBadName, nil, errors.New("not a name that can be asked"))

// resolver puts questions to recursive resolvers within the bounds of one look,
// and never the same question twice.
type resolver struct {
	*dnswire.Asker
	servers []dnswire.Server
	known   map[asked]known
	journal journal
}

type asked struct {
	name  string
	qtype uint16
}

// known is an answer, and whether it was asked for afresh.
type known struct {
	answer
	afresh bool
}

// answer is what a question got. The records are of the type asked, through
// aliases.
type answer struct {
	state   fact.Answer
	records []dns.RR
	aliased bool          // the name asked is a CNAME
	cause   scanner.Cause // why there is none
	fault   string        // its technical text
}

// unanswered is a question that nobody settled.
func unanswered(err error) answer {
	cause, text := excerpt.Why(err, maxError)
	return answer{state: fact.NoAnswer, cause: cause, fault: text}
}

func newResolver(net scanner.Network, timeout time.Duration) *resolver {
	return &resolver{
		Asker: dnswire.NewAsker(net, timeout, maxExchanges), servers: dnswire.Resolvers(net), known: map[asked]known{},
	}
}

// ask puts one question, once; once more for a part in doubt, when another part was
// content with what had been heard.
func (r *resolver) ask(ctx context.Context, name string, qtype uint16) answer {
	q := asked{strings.ToLower(strings.TrimSuffix(name, ".")), qtype}
	afresh := scanner.Afresh(ctx)
	if k, ok := r.known[q]; ok && (k.afresh || !afresh) {
		return k.answer
	}
	a := r.askServers(ctx, q)
	r.known[q] = known{a, afresh}
	r.journal.answer(q, a, r.Before())
	return a
}

// askServers asks the resolvers in turn, until one really answers.
func (r *resolver) askServers(ctx context.Context, q asked) answer {
	if !isPlainName(q.name) {
		return unanswered(errBadName)
	}
	failed := dnswire.ErrSilent // of every resolver, when none is left to ask
	for _, server := range dnswire.Turn(ctx, r.servers) {
		if r.Silent(server) {
			continue
		}
		reply, _, _, err := r.Consult(ctx, server, q.name, q.qtype)
		if err == nil {
			err = dnswire.Resolved(reply)
		}
		if err == nil {
			return settle(q, reply)
		}
		failed = fmt.Errorf("%s: %w", server.Address, err)
	}
	return unanswered(failed)
}

// settle reads an answer: records, or the proof of their absence.
func settle(q asked, reply *dns.Msg) answer {
	records, aliased := dnswire.Records(reply, q.name, q.qtype)
	a := answer{state: fact.NoData, records: records, aliased: aliased}
	switch {
	case len(records) > 0:
		a.state = fact.Present
	case reply.Rcode == dns.RcodeNameError:
		a.state = fact.NXDomain
	}
	return a
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
