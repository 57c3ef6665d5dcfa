// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
)

// server is somebody who may be asked.
type server struct {
	address   string // "host:port", as dialled
	family    string // "4" or "6" when a name is dialled for one family
	recursive bool   // a resolver; otherwise a server of the domain itself
}

// key names the server in the memory of a look.
func (s server) key() string { return s.address + s.family }

// maxSilences is how many exchanges in a row may fail before a server is left
// alone for the rest of the look: a dead server costs seconds, not minutes.
const maxSilences = 3

// triesPerServer is how often one question is put to one server.
const triesPerServer = 2

var errNoExchange = errors.New("the exchanges of this look are spent")

// asker puts questions to servers within the bounds of one look.
type asker struct {
	net      scanner.Network
	timeout  time.Duration
	left     int            // exchanges that may still be made
	silences map[string]int // failed exchanges in a row, by server
	journal  journal
}

// ask puts one question to the servers in turn, until one really answers it.
func (a *asker) ask(ctx context.Context, name string, qtype uint16, servers []server) fact.RecordSet {
	set := fact.RecordSet{Name: name, Type: dns.TypeToString[qtype], Answer: fact.NoAnswer, Error: "no server left to ask"}
	for _, s := range servers {
		if a.silences[s.key()] >= maxSilences {
			continue
		}
		reply, from, err := a.insist(ctx, s, dnswire.NewQuery(name, qtype, s.recursive))
		if err == nil {
			err = settle(&set, s, reply)
		}
		if err == nil {
			set.Server = from
			a.journal.answer(set, reply)
			return set
		}
		set.Error = excerpt.Of(fmt.Sprintf("%s: %v", s.address, err), maxError)
	}
	a.journal.silence(set)
	return set
}

// insist repeats an exchange that brought nothing. A refusal of our own guard
// is not asked twice.
func (a *asker) insist(ctx context.Context, s server, q *dns.Msg) (reply *dns.Msg, from string, err error) {
	for range triesPerServer {
		reply, from, err = a.exchange(ctx, s, q)
		if err == nil {
			a.silences[s.key()] = 0
			return reply, from, nil
		}
		a.silences[s.key()]++
		var refusal *scanner.Refusal
		if ctx.Err() != nil || errors.As(err, &refusal) || a.silences[s.key()] >= maxSilences {
			break
		}
		q.Id = dns.Id() // RFC 5452 section 4.3: every query is unpredictable
	}
	return nil, "", err
}

// exchange asks over UDP, and over TCP when the answer did not fit (RFC 7766
// section 5).
func (a *asker) exchange(ctx context.Context, s server, q *dns.Msg) (*dns.Msg, string, error) {
	reply, from, err := a.over(ctx, "udp", s, q)
	if err == nil && reply.Truncated {
		return a.over(ctx, "tcp", s, q)
	}
	return reply, from, err
}

// over makes one exchange over one transport.
func (a *asker) over(ctx context.Context, transport string, s server, q *dns.Msg) (*dns.Msg, string, error) {
	if a.left == 0 {
		return nil, "", errNoExchange
	}
	a.left--
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	return dnswire.Exchange(ctx, a.net, transport+s.family, s.address, q)
}
