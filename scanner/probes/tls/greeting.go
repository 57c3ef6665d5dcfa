// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/tls"
	"slices"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
)

// usual is the hello of an ordinary client of a version.
func (l *look) usual(version uint16) hello.Offer {
	suites := hello.Usual(version)
	return l.offer(version, suites[:min(len(suites), l.most(version))])
}

// offer is a hello of an ordinary client, with these suites only.
func (l *look) offer(version uint16, suites []uint16) hello.Offer {
	o := hello.Offer{
		Version: version, Suites: suites, Groups: l.groupsFor(version), Name: l.name(), ALPN: l.alpn,
		MasterSecret: version < hello.TLS13, Renegotiate: version < hello.TLS13, EncryptMAC: version < hello.TLS13,
	}
	if l.keyed && version == hello.TLS13 {
		o.Shares = []uint16{hello.X25519}
	}
	return o
}

// groupsFor are all those of a version. A small hello leaves the room to suites: of a
// server that has taken a group, it offers the usual ones and that one only.
func (l *look) groupsFor(version uint16) []uint16 {
	const usual = 5
	all := hello.Groups(version)
	known := l.groups[version]
	if l.form == full || known == nil || len(known.taken) == 0 {
		return all
	}
	fewer := slices.Clone(all[:usual])
	for _, id := range known.taken {
		if !slices.Contains(fewer, id) {
			fewer = append(fewer, id)
		}
	}
	return fewer
}

// greet makes the default handshake, then one hello per older version.
func (l *look) greet(ctx context.Context) {
	if !l.open(ctx) {
		return
	}
	if !l.takes(hello.TLS13) {
		l.version(ctx, hello.TLS13)
	}
	l.introduce(ctx)
	for _, v := range []uint16{hello.TLS11, hello.TLS10, hello.SSL3} {
		l.version(ctx, v)
	}
	l.ssl2(ctx)
	if best := l.best(); l.form != full && best >= hello.TLS10 {
		l.shakeFirst(ctx, terms{most: best})
	}
}

// open makes the default handshake, and tells whether to go on. When it brings no
// word of TLS, a hello that no middle box loses decides, and the handshake is made
// again without the groups that make it long.
func (l *look) open(ctx context.Context) bool {
	l.shakeFirst(ctx, terms{most: tls.VersionTLS13})
	if l.first.stranger || !l.first.connected {
		return false
	}
	if !l.first.spokeTLS() {
		o := bare.shape(l.offer(hello.TLS12, nil))
		o.Suites = hello.Usual(hello.TLS12)[:o.Room()]
		r := l.say(ctx, o)
		l.learn(r)
		if !r.spokeTLS() {
			return r.hungUp
		}
		l.shakeFirst(ctx, terms{most: tls.VersionTLS13, groups: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}})
		if r.Version != 0 && l.first.offer != fact.Accepted {
			l.form = small
		}
	}
	l.proven = l.first.offer == fact.Accepted
	if l.first.Version != 0 && l.first.Version < hello.TLS13 {
		l.versions[hello.TLS13] = reply{offer: fact.Declined, connected: true}
	}
	return true
}

// shakeFirst makes the handshake whose certificate is shown. Unless only small
// hellos are answered, its own is larger than SmallSize.
func (l *look) shakeFirst(ctx context.Context, o terms) {
	o.name, o.alpn = l.name(), l.alpn
	l.first = l.shake(ctx, o, (*session).end)
	l.learn(l.first.reply)
}

// introduce sends the hello of TLS 1.2 and reads all that it says of the server.
func (l *look) introduce(ctx context.Context) {
	o := l.usual(hello.TLS12)
	o.Compress, o.Status, o.Timestamps, o.Ticket = true, true, true, true
	l.base = l.ask(ctx, o)
	l.settle(hello.TLS12, l.base)
}

// version asks for a version that no answer has settled.
func (l *look) version(ctx context.Context, version uint16) {
	if _, settled := l.versions[version]; settled {
		return
	}
	o := l.usual(version)
	if version < hello.TLS13 && !l.base.Chose() {
		o.Compress, o.Status, o.Timestamps, o.Ticket = true, true, true, true
	}
	if version == hello.TLS13 {
		// A request to try again binds to nothing: a server may still refuse.
		o.Groups = []uint16{hello.X25519, hello.P256, hello.P384, hello.P521}
		o.Shares = o.Groups
	}
	r := l.ask(ctx, o)
	l.settle(version, r)
	if version < hello.TLS12 && !l.base.Chose() {
		l.base = r
	}
}

// settle reads the answer to a hello that went up to a version. A server must
// take the highest it knows (RFC 5246 appendix E.1), so a lower choice is a
// well-formed refusal of all those above.
func (l *look) settle(version uint16, r reply) {
	for v := version; v > r.Version && r.Version >= hello.SSL3; v-- {
		if !l.takes(v) {
			l.versions[v] = reply{offer: fact.Declined, connected: true}
		}
	}
	if r.Version != 0 || l.takes(version) {
		return
	}
	l.versions[version] = r
	l.doubt(r, func() { l.versions[version] = lost(r) })
}

// lost is a hang-up that proves nothing.
func lost(r reply) reply {
	r.offer = fact.OfferUnknown
	return r
}

// ssl2 asks for SSL 2.0, whose hello looks like no other.
func (l *look) ssl2(ctx context.Context) {
	ctx, cancel := scanner.WithPatience(ctx, l.timeout)
	defer cancel()
	r := reply{offer: fact.OfferUnknown}
	defer func() {
		l.versions[hello.SSL2] = r
		l.doubt(r, func() { l.versions[hello.SSL2] = lost(r) })
	}()
	conn, err := l.dial(ctx)
	if err != nil {
		r = l.undialled(err)
		return
	}
	defer conn.Close()
	if _, err = conn.Write(hello.OldBytes()); err == nil {
		l.old, err = hello.ReadOld(conn)
	}
	r = l.heard(readOld(l.old, err))
}

// readOld reads the answer to a hello of SSL 2.0. A server that shares no cipher
// can finish no handshake.
func readOld(old hello.Old, err error) reply {
	r := reply{connected: true, err: err, offer: fact.OfferUnknown}
	r.Alerted = old.Alerted
	switch {
	case old.Spoke && len(old.Suites) > 0:
		r.offer = fact.Accepted
	case old.Spoke || old.Alerted:
		r.offer = fact.Declined
	case hungUp(err):
		r.offer, r.hungUp = fact.Declined, true
	}
	return r
}

// nameless looks at the certificate of a server that is asked for no name, and
// at what it does when the client wants to begin again. Both need no TLS 1.3,
// where certificates are encrypted and nothing begins again.
func (l *look) nameless(ctx context.Context) {
	most := l.below(hello.TLS13)
	if most < hello.TLS10 {
		most = l.best()
	}
	if most >= hello.TLS10 {
		l.namelessAt(ctx, most)
	}
}

func (l *look) namelessAt(ctx context.Context, most uint16) {
	var s *session
	if most < hello.TLS13 {
		s = l.restart(ctx, "", most)
	} else {
		s = l.shake(ctx, terms{most: most, alpn: l.alpn}, (*session).wait)
	}
	l.learn(s.reply)
	if l.name() != "" && s.offer == fact.Accepted {
		l.unnamed = s
	}
	if !s.whole && most < hello.TLS13 && l.name() != "" {
		l.learn(l.restart(ctx, l.name(), most).reply)
	}
	l.noteLife(s)
}

// noteLife keeps how long a ticket says to last.
func (l *look) noteLife(s *session) {
	if life, found := s.ticketLife(); found && life > l.ticketLife {
		l.ticketLife = min(life, 7*24*time.Hour) // RFC 8446 section 4.6.1
	}
}
