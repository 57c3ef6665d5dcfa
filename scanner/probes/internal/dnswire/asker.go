// SPDX-License-Identifier: Apache-2.0

package dnswire

import (
	"context"
	"errors"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// triesPerServer is how often one question is put to one server, and
// maxSilences how many exchanges in a row may fail before it is left alone for
// the rest of the look: a dead server costs seconds, not minutes. One that has
// answered is not dead: a few names may be filtered, or their servers, without
// the other questions being lost for that.
const (
	triesPerServer = 2
	maxSilences    = 3
	maxPatience    = 8
)

// The ends of a question that was not asked.
var (
	ErrSpent  = scanner.NotSeen(scanner.CauseSpent, nil, errors.New("the exchanges of this look are spent"))
	ErrSilent = scanner.NotSeen(scanner.CauseTimeout, nil, errors.New("the server left too many questions without answer"))
)

// Server is somebody who may be asked.
type Server struct {
	Address string // "host:port", as dialled
	Family  string // "4" or "6" when a name is dialled for one family
}

// Asker puts questions to servers within the bounds of one look.
type Asker struct {
	network  scanner.Network
	timeout  time.Duration
	most     int
	made     int
	silences map[Server]int // failed exchanges in a row
	heard    map[Server]bool
	before   time.Time // when the last answer was heard, if it was kept
}

// NewAsker makes at most so many exchanges, each bounded in time.
func NewAsker(network scanner.Network, timeout time.Duration, most int) *Asker {
	return &Asker{network: network, timeout: timeout, most: most, silences: map[Server]int{}, heard: map[Server]bool{}}
}

// Made is how many exchanges were made so far.
func (a *Asker) Made() int { return a.made }

// Silent tells whether a server is left alone.
func (a *Asker) Silent(s Server) bool {
	if a.heard[s] {
		return a.silences[s] >= maxPatience
	}
	return a.silences[s] >= maxSilences
}

// Abandon leaves a server alone for the rest of the look.
func (a *Asker) Abandon(s Server) { a.silences[s] = maxPatience }

// Ask puts a question to a server, once more when the exchange brought nothing,
// and tells who answered. A refusal of our own guard is not asked twice.
func (a *Asker) Ask(ctx context.Context, s Server, q *dns.Msg) (reply *dns.Msg, from string, err error) {
	if a.Silent(s) {
		return nil, "", ErrSilent
	}
	for range triesPerServer {
		reply, from, err = a.once(ctx, s, q)
		if err == nil {
			a.silences[s], a.heard[s] = 0, true
			return reply, from, nil
		}
		a.silences[s]++
		_, refused := errors.AsType[*scanner.Refusal](err)
		if refused || ctx.Err() != nil || errors.Is(err, ErrSpent) || a.Silent(s) {
			break
		}
		q.Id = dns.Id() // RFC 5452 section 4.3: every query is unpredictable
	}
	return nil, "", err
}

// once asks over UDP, and over TCP when the answer did not fit.
func (a *Asker) once(ctx context.Context, s Server, q *dns.Msg) (*dns.Msg, string, error) {
	return a.Over(ctx, scanner.AnyTransport, s, q)
}

// Over asks over one transport, "udp" or "tcp", or over any. What was heard before
// costs no exchange.
func (a *Asker) Over(ctx context.Context, transport string, s Server, q *dns.Msg) (*dns.Msg, string, error) {
	if a.made >= a.most {
		return nil, "", ErrSpent
	}
	ctx, cancel := scanner.WithPatience(ctx, a.timeout)
	defer cancel()
	reply, heard, err := Exchange(ctx, a.network, transport+s.Family, s.Address, q)
	a.before = time.Time{}
	switch {
	case err != nil:
		a.made++
	case heard.Exchanges == 0:
		a.before = heard.At
	}
	a.made += heard.Exchanges
	return reply, heard.From, err
}

// Before says when the last answer was heard, when that was earlier in the run: an
// end for a line of evidence, empty for an answer that was just asked for.
func (a *Asker) Before() string {
	if a.before.IsZero() {
		return ""
	}
	return " (heard earlier in this run, at " + a.before.UTC().Format(time.TimeOnly) + " UTC)"
}

// Consult asks a resolver. One that checks signatures hides what is badly signed: it
// is then told not to check (RFC 4035 section 3.2.2), so that what the zone says is seen
// all the same; hidden tells so.
func (a *Asker) Consult(ctx context.Context, s Server, name string, qtype uint16) (reply *dns.Msg, from string, hidden bool, err error) {
	reply, from, err = a.Ask(ctx, s, NewQuery(name, qtype, true))
	if err != nil || reply.Rcode != dns.RcodeServerFailure {
		return reply, from, false, err
	}
	q := NewQuery(name, qtype, true)
	q.CheckingDisabled = true
	unchecked, at, err := a.Ask(ctx, s, q)
	if err != nil || !IsConclusive(unchecked) {
		return reply, from, false, nil //nolint:nilerr // the first answer stands: a failure
	}
	return unchecked, at, true, nil
}
