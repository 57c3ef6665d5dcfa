// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/question"
)

// The bounds of the answers kept. A message of 64 KiB is the most there is, and a
// healthy domain brings about sixty of less than one.
const (
	maxAnswers     = 8192
	maxAnswerBytes = 8 << 20
)

// answers are those that DNS servers gave in this run (docs/adr/0038). Its rules:
//
//   - An answer is kept for the place, transport and question it was given to, flags
//     included, and for nothing else: what else a message holds is never taken for an
//     answer.
//   - It stands for keepFor, whatever its TTL: long enough for the look that confirms
//     ten minutes later. NOERROR and NXDOMAIN only are kept, never a failure.
//   - Equal questions asked at the same time go out once. Whoever waits stops waiting
//     with its own context, and asks by itself when the one who asked was stopped.
//   - A question asked afresh (scanner.Afresh) gets no answer that a first look has
//     read: read twice, it would confirm itself.
//   - The oldest are forgotten first, beyond a number and a sum of bytes.
type answers struct {
	clock  func() time.Time
	mu     sync.Mutex
	kept   map[asked]*list.Element // of *answer
	order  *list.List              // the oldest first
	bytes  int
	flight map[flight]chan struct{} // closed when the exchange is over
}

// asked is what an answer is kept for.
type asked struct {
	at     netip.AddrPort
	stream bool
	name   string // canonical
	kind   uint16
	class  uint16
	flags  uint16 // of the header, and of EDNS
}

// flight is an exchange under way.
type flight struct {
	asked
	afresh bool
}

// answer is one that was heard.
type answer struct {
	asked
	message []byte // as it came
	from    string
	at      time.Time
	first   bool // a first look has read it
	stands  bool // it is no failure, which may pass
}

func newAnswers(clock func() time.Time) *answers {
	return &answers{clock: clock, kept: map[asked]*list.Element{}, order: list.New(), flight: map[flight]chan struct{}{}}
}

// find gives an answer that stands and was heard within an age.
func (a *answers) find(ctx context.Context, q asked, age time.Duration) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	element, ok := a.kept[q]
	if !ok {
		return nil
	}
	found := element.Value.(*answer) //nolint:forcetypeassert // the list holds nothing else
	if scanner.Afresh(ctx) && found.first || !a.clock().Before(found.at.Add(age)) {
		return nil
	}
	found.first = found.first || scanner.Attempt(ctx) == 0
	return found
}

// keep notes an answer, in the place of an older one.
func (a *answers) keep(heard *answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if older, ok := a.kept[heard.asked]; ok {
		a.drop(older)
	}
	a.kept[heard.asked] = a.order.PushBack(heard)
	a.bytes += len(heard.message)
	for a.order.Len() > maxAnswers || a.bytes > maxAnswerBytes {
		a.drop(a.order.Front())
	}
}

func (a *answers) drop(element *list.Element) {
	gone := a.order.Remove(element).(*answer) //nolint:forcetypeassert // as above
	delete(a.kept, gone.asked)
	a.bytes -= len(gone.message)
}

// once finds an answer, or lets one caller at a time go and hear it. Cost tells how
// many this call made.
func (a *answers) once(ctx context.Context, q asked, age time.Duration, hear func() (*answer, error)) (found *answer, cost int, err error) {
	afresh := scanner.Afresh(ctx)
	for {
		if found = a.find(ctx, q, age); found != nil {
			return found, 0, nil
		}
		over, first := a.board(flight{q, afresh})
		if first {
			defer a.land(flight{q, afresh})
			return a.hear(ctx, q, age, hear)
		}
		select {
		case <-over:
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}

// hear makes an exchange and keeps what is an answer.
func (a *answers) hear(ctx context.Context, q asked, age time.Duration, hear func() (*answer, error)) (found *answer, cost int, err error) {
	if found = a.find(ctx, q, age); found != nil {
		return found, 0, nil // it came between the look and the turn
	}
	if found, err = hear(); err != nil {
		return nil, 1, err
	}
	found.asked, found.at, found.first = q, a.clock(), scanner.Attempt(ctx) == 0
	if found.stands {
		a.keep(found)
	}
	return found, 1, nil
}

// board begins an exchange, or gives the end of the one under way.
func (a *answers) board(f flight) (over <-chan struct{}, first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if under, ok := a.flight[f]; ok {
		return under, false
	}
	a.flight[f] = make(chan struct{})
	return nil, true
}

func (a *answers) land(f flight) {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.flight[f])
	delete(a.flight, f)
}

// dialler opens a connection to a place that was judged already, and judges it again
// at the last moment.
type dialler func(ctx context.Context, network string) (net.Conn, error)

// Ask puts a DNS question by the rules of Guard, and of answers. Of several addresses
// that pass, the first one that can be dialled is asked.
func (g *Guard) Ask(ctx context.Context, transport, address string, raw []byte) (scanner.Heard, error) {
	ctx, cancel := joined(ctx, g.life)
	defer cancel()
	q, err := question.Read(raw)
	if err != nil {
		return scanner.Heard{}, fmt.Errorf("ask %s: %w", address, err)
	}
	heard, err := g.ask(ctx, transport, address, q)
	return heard, g.orStopped(err, address)
}

func (g *Guard) ask(ctx context.Context, transport, address string, q *dns.Msg) (scanner.Heard, error) {
	base, family := question.Split(transport)
	if at, err := netip.ParseAddrPort(address); err == nil && (g.isResolver(at) || g.isRegistry(at)) {
		return g.put(ctx, base, unmapped(at), q, g.toResolver(unmapped(at)))
	}
	routes, err := g.wayTo(ctx, "udp"+family, address)
	if err != nil {
		return scanner.Heard{}, err
	}
	var first error
	for _, r := range routes {
		if err := mayAsk(r, q); err != nil {
			return scanner.Heard{}, err
		}
		heard, err := g.put(ctx, base, r.at, q, func(ctx context.Context, network string) (net.Conn, error) {
			return g.dialRoute(ctx, network, r, g.judgeWay)
		})
		if err == nil || !errors.As(err, new(*dialError)) {
			return heard, err
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = errNoFamily
	}
	return scanner.Heard{}, first
}

// mayAsk holds, before anything kept is told, what a connection to a provider holds of
// whatever is sent.
func mayAsk(r route, q *dns.Msg) error {
	if r.purpose.Service != scanner.ServiceNames {
		return nil
	}
	raw, err := q.Pack()
	if err != nil {
		return fmt.Errorf("ask %s: %w", r.describe(), err)
	}
	return readQuestion(raw, false, r.purpose.Domain, r.at.String())
}

// toResolver dials a resolver, or a server that Parents has found.
func (g *Guard) toResolver(at netip.AddrPort) dialler {
	return func(ctx context.Context, network string) (net.Conn, error) { return g.dialResolver(ctx, network, at) }
}

// putToResolver asks one of those, over any transport.
func (g *Guard) putToResolver(ctx context.Context, at netip.AddrPort, q *dns.Msg) (scanner.Heard, error) {
	return g.put(ctx, scanner.AnyTransport, unmapped(at), q, g.toResolver(unmapped(at)))
}

// put asks a place that may be asked, over one transport or any.
func (g *Guard) put(ctx context.Context, transport string, at netip.AddrPort, q *dns.Msg, dial dialler) (scanner.Heard, error) {
	if err := g.authorised(at.String()); err != nil {
		return scanner.Heard{}, err // whatever is known
	}
	if transport != scanner.AnyTransport {
		return g.over(ctx, transport, at, q, dial)
	}
	streamed := askedOf(at, true, q)
	if found := g.answers.find(ctx, streamed, ageOf(ctx)); found != nil {
		return heardAs(found, 0, q), nil
	}
	heard, err := g.over(ctx, "udp", at, q, dial)
	if err != nil || !question.IsTruncated(heard.Message) {
		return heard, err
	}
	whole, err := g.over(ctx, "tcp", at, q, dial)
	whole.Exchanges += heard.Exchanges
	return whole, err
}

// over makes one exchange, or finds what it brought before.
func (g *Guard) over(ctx context.Context, transport string, at netip.AddrPort, q *dns.Msg, dial dialler) (scanner.Heard, error) {
	if transport != "udp" && transport != "tcp" {
		return scanner.Heard{}, unknownNetwork(transport, at.String())
	}
	key := askedOf(at, transport == "tcp", q)
	found, cost, err := g.answers.once(ctx, key, ageOf(ctx), func() (*answer, error) { return g.hear(ctx, transport, q, dial) })
	if err != nil {
		return scanner.Heard{}, err
	}
	return heardAs(found, cost, q), nil
}

// dialError is the end of a question that no connection could carry.
type dialError struct{ cause error }

func (e *dialError) Error() string { return "dial: " + e.cause.Error() }
func (e *dialError) Unwrap() error { return e.cause }

// hear puts a question on the wire, under an id that nobody knows (RFC 5452 section
// 4.3).
func (g *Guard) hear(ctx context.Context, transport string, q *dns.Msg, dial dialler) (*answer, error) {
	conn, err := dial(ctx, transport)
	if err != nil {
		return nil, &dialError{err}
	}
	defer conn.Close()
	own := q.Copy()
	own.Id = dns.Id()
	reply, message, err := question.Over(ctx, conn, transport, own)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says which step failed
	}
	stands := reply.Rcode == dns.RcodeSuccess || reply.Rcode == dns.RcodeNameError
	return &answer{message: message, from: conn.RemoteAddr().String(), stands: stands}, nil
}

// askedOf is the key of a question. The letters of a name mean the same in both cases.
func askedOf(at netip.AddrPort, stream bool, q *dns.Msg) asked {
	one, opt := q.Question[0], q.IsEdns0()
	key := asked{at: at, stream: stream, name: dns.CanonicalName(one.Name), kind: one.Qtype, class: one.Qclass}
	for i, set := range []bool{q.RecursionDesired, q.CheckingDisabled, q.AuthenticatedData, opt != nil, opt != nil && opt.Do()} {
		if set {
			key.flags |= 1 << i
		}
	}
	return key
}

// heardAs gives an answer under the id of whoever asks now.
func heardAs(found *answer, cost int, q *dns.Msg) scanner.Heard {
	message := append([]byte{byte(q.Id >> 8), byte(q.Id)}, found.message[2:]...)
	return scanner.Heard{Message: message, From: found.from, At: found.at, Exchanges: cost}
}

type ageKey struct{}

// withinAge says in a context how old an answer may be.
func withinAge(ctx context.Context, age time.Duration) context.Context {
	return context.WithValue(ctx, ageKey{}, age)
}

func ageOf(ctx context.Context) time.Duration {
	if age, ok := ctx.Value(ageKey{}).(time.Duration); ok {
		return age
	}
	return keepFor
}
