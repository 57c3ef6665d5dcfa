// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"net"

	"golang.org/x/crypto/cryptobyte"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
)

// ticketbleed resumes a session of ours by its ticket and an identifier of one
// byte (CVE-2016-9244): an affected server returns thirty-two, the others being of
// its memory. They are counted and dropped.
func (l *look) ticketbleed(ctx context.Context, version uint16) fact.Offer {
	s := l.shake(ctx, terms{name: l.name(), most: version, alpn: l.alpn}, (*session).wait)
	l.learn(s.reply)
	if !s.whole {
		l.why[fact.FlawTicketbleed] = "no session could be made"
		return fact.OfferUnknown
	}
	value := s.clearTicket()
	if len(value) == 0 {
		return fact.Declined // it resumes by no ticket
	}
	o := l.offer(s.Version, []uint16{s.Suite})
	o.Resume, o.Session = value, []byte{0xCA}
	r := l.provoked(ctx, o, func(net.Conn, hello.Answer) {})
	answer := overlong(o, r)
	l.note(fact.FlawTicketbleed, reply{offer: answer, err: r.err})
	return answer
}

// overlong tells whether more than the identifier came back. A server that makes a
// new session instead, which its certificate shows, names it as it likes.
func overlong(o hello.Offer, r reply) fact.Offer {
	switch id := r.Session; {
	case !r.Chose():
		return fact.OfferUnknown
	case len(id) > len(o.Session) && id[0] == o.Session[0] && len(r.Certificates) == 0:
		return fact.Accepted
	}
	return fact.Declined
}

// clearTicket is the ticket that passed before the change of cipher of TLS 1.2 and
// older (RFC 5077 section 3.3).
func (s *session) clearTicket() []byte {
	for kind, body := range hello.InClear(s.tape.read.Bytes()) {
		fields := cryptobyte.String(body)
		var value cryptobyte.String
		if kind == messageTicket && fields.Skip(4) && fields.ReadUint16LengthPrefixed(&value) {
			return value
		}
	}
	return nil
}
