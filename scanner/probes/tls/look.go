// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/starttls"
)

// budget is the most hellos a first look may cost one service: of the thirty that a
// port is sent by all probes together (exposure-checks.md section 1.2), the web probe
// has four, the one that identifies services two, and those that read the names and the
// issuer of a certificate one each (ADR 0039).
const budget = 22

// lastWord is kept of the budget for control.
const lastWord = 1

// flawBudget is what is allowed besides for flaws of implementations, which are sought
// under a dated authorisation only.
const flawBudget = 20

// maxRefusals is how many connections in a row may end without a word of TLS, once
// the service spoke it, before it is left alone (exposure-checks.md section 1.2).
const maxRefusals = 5

// look is one look at a service: what was asked, and what was learnt.
type look struct {
	net      scanner.Network
	host     string
	port     int
	timeout  time.Duration
	protocol starttls.Protocol
	alpn     []string

	address string
	spent   int     // connections
	allowed int     // how many there may be for now
	details bool    // what is asked decides nothing: it may be left unasked
	again   *memory // of the look that this one confirms
	stopped error   // why nothing more is asked
	began   bool    // the service spoke TLS
	streak  int     // connections in a row without a word of TLS
	doubts  []func()
	form    form // of the hellos that it answers
	proven  bool // one of that form was answered
	keyed   bool // TLS 1.3 is answered only with a key
	retried bool // whether that is known
	listed  bool // it listed the groups of TLS 1.3 itself
	apart   bool // suites and groups are listed one after the other

	first      *session // the default handshake
	base       reply    // to the hello of the highest version before 1.3
	unnamed    *session
	versions   map[uint16]reply
	suites     map[uint16]*split // by version
	groups     map[uint16]*split
	finite     []finite
	signed     map[uint16]fact.Offer // by hash
	offers     map[string]fact.Offer
	flaws      map[string]fact.Offer
	why        map[string]string
	order      fact.Offer
	old        hello.Old
	chain      [][]byte // the first shown in clear
	leaves     [][]byte // the others
	timestamps [][]byte // lists of SCTs
	staple     []byte   // the first
	ticketLife time.Duration
}

// split sorts what was offered by the answer.
type split struct {
	taken   []uint16 // in the order of the picks
	refused map[uint16]bool
}

func (s *split) take(id uint16) {
	if !slices.Contains(s.taken, id) {
		s.taken = append(s.taken, id)
	}
}

// left are those of a list that have no answer yet.
func (s *split) left(ids []uint16) []uint16 {
	return slices.DeleteFunc(slices.Clone(ids), func(id uint16) bool { return s.refused[id] || slices.Contains(s.taken, id) })
}

func newLook(network scanner.Network, host string, port int, o Options) *look {
	l := &look{
		net: network, host: host, port: port, timeout: o.Timeout, protocol: o.protocol(host, port), allowed: budget - lastWord,
		versions: map[uint16]reply{}, suites: map[uint16]*split{}, groups: map[uint16]*split{},
		signed: map[uint16]fact.Offer{}, offers: map[string]fact.Offer{}, flaws: map[string]fact.Offer{}, why: map[string]string{},
	}
	for _, v := range []uint16{hello.SSL3, hello.TLS10, hello.TLS11, hello.TLS12, hello.TLS13} {
		l.suites[v], l.groups[v] = &split{refused: map[uint16]bool{}}, &split{refused: map[uint16]bool{}}
	}
	if l.protocol == starttls.AtOnce && !slices.Contains(strictPorts, port) {
		l.alpn = []string{"h2", "http/1.1"}
	}
	return l
}

// strictPorts belong to protocols other than HTTP, where a server may refuse a
// client that names only those (RFC 7301 section 3.2).
var strictPorts = []int{465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 5223, 8883}

// name is what is asked by SNI.
func (l *look) name() string { return hello.ServerName(l.host) }

// run makes the plan of section 8 of the catalogue: what decides first, details
// afterwards, within what remains of the budget. The first of these only make a failure
// more precise.
func (l *look) run(ctx context.Context) {
	l.greet(ctx)
	if !l.chose() {
		return
	}
	for _, step := range []func(context.Context){
		l.nameless, l.peel, l.weak, l.rare, l.declared, l.weak13, l.weakSignatures,
	} {
		step(ctx)
	}
	l.details = true
	for _, step := range []func(context.Context){
		l.fallbackOfOld, l.orderOfCBC, l.encryptMAC, l.control, l.seekFlaws, l.retry, l.fallback, l.reverse, l.enumerate, l.control,
	} {
		step(ctx)
	}
}

// heard counts what the service no longer answers in TLS. Any word of TLS shows
// that the hang-ups before it were refusals.
func (l *look) heard(r reply) reply {
	if r.spokeTLS() {
		l.streak, l.doubts, l.began = 0, nil, true
		return r
	}
	l.streak++
	return r
}

// learn keeps what an accepted hello tells besides what it was sent for.
func (l *look) learn(r reply) {
	taken := l.suites[r.Version]
	if taken == nil {
		return
	}
	taken.take(r.Suite)
	if known := l.versions[r.Version]; known.offer != fact.Accepted {
		l.versions[r.Version] = r
	}
	if r.Group != 0 {
		l.groups[r.Version].take(r.Group)
	}
	l.keepFinite(finite{r.Prime, r.Generator, r.Version, r.Suite})
	if r.Signature != 0 {
		l.signed[hashOf(r.Signature)] = fact.Accepted
	}
}

// keep holds on to what a flight showed in clear.
func (l *look) keep(a hello.Answer) {
	if len(a.Certificates) > 0 {
		l.leaves = addOnce(l.leaves, a.Certificates[0])
		if l.chain == nil {
			l.chain = a.Certificates
		}
	}
	if l.staple == nil {
		l.staple = a.Staple
	}
	if len(a.Timestamps) > 0 {
		l.timestamps = append(l.timestamps[:0:0], a.Timestamps)
	}
}

// control asks again what was accepted, when the service ended the last
// connections without a word: either they were refusals, or it has begun to
// refuse us, and then nothing they seemed to say holds.
func (l *look) control(ctx context.Context) {
	if l.streak == 0 || !l.began {
		return
	}
	known := l.best()
	if known == 0 {
		return
	}
	taken := l.suites[known].taken
	o := l.offer(known, taken[:min(len(taken), l.most(known))])
	stopped := l.stopped
	if errors.Is(stopped, errBudget) {
		l.stopped = nil
	}
	l.allowed += lastWord
	r := l.say(ctx, l.form.shape(o))
	l.allowed -= lastWord
	l.stopped = cmp.Or(stopped, l.stopped)
	if r.spokeTLS() {
		return
	}
	for _, undo := range l.doubts {
		undo()
	}
	l.doubts = nil
	if l.stopped == nil && !errors.Is(r.err, errBudget) {
		l.stopped = errStopped
	}
}

// doubt says how to take back what a hang-up was taken for.
func (l *look) doubt(r reply, undo func()) {
	if r.hungUp {
		l.doubts = append(l.doubts, undo)
	}
}

// note says why something is not known.
func (l *look) note(key string, r reply) {
	switch {
	case r.offer != fact.OfferUnknown:
	case r.err != nil:
		l.why[key] = excerpt.Error(r.err, maxText)
	case l.again != nil:
		l.why[key] = notAskedAgain
	default:
		l.why[key] = "the answer was not the one of a server"
	}
}

// takes tells whether a version was accepted.
func (l *look) takes(version uint16) bool { return l.versions[version].offer == fact.Accepted }

// chose tells whether the server took any version at all.
func (l *look) chose() bool { return l.best() != 0 || l.old.Spoke }

// best is the highest version accepted; 0 when none was.
func (l *look) best() uint16 { return l.below(hello.TLS13 + 1) }

// below is the highest version accepted under another.
func (l *look) below(limit uint16) uint16 {
	for v := min(limit-1, hello.TLS13); v >= hello.SSL3; v-- {
		if l.takes(v) {
			return v
		}
	}
	return 0
}
