// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/tls"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
	"carescan/scanner/probes/internal/excerpt"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/oldtls"
)

// restart makes a session of a version before 1.3, in any suite that the service
// takes, and asks within it to begin again, which the standard library never does.
func (l *look) restart(ctx context.Context, name string, version uint16) *session {
	ctx, cancel := scanner.WithPatience(ctx, l.timeout)
	defer cancel()
	s := &session{}
	raw, err := l.dial(ctx)
	if err != nil {
		s.reply = l.undialled(err)
		return s
	}
	defer raw.Close()
	s.tape = &tape{Conn: raw}
	o := oldtls.Offer(version, name)
	o.ALPN, o.Ticket = l.alpn, true
	if l.form != full {
		o = l.form.shape(o)
		o.Suites = o.Suites[:min(len(o.Suites), o.Room())]
	}
	conn, err := oldtls.Client(ctx, s.tape, o)
	s.reply, s.whole = l.heard(classify(conn.Answer, err)), err == nil
	shown, _ := certificate.ParseChain(conn.Answer.Certificates)
	s.sent, s.state = o, tls.ConnectionState{Version: s.Version, CipherSuite: s.Suite, PeerCertificates: shown}
	if s.whole {
		o.Suites = []uint16{s.Suite}
		l.settleRestart(conn.Again(o))
	} else if s.Version != 0 {
		l.why[fact.OfferClientRenego] = excerpt.Error(err, maxText)
	}
	return s
}

// settleRestart reads what a server does of a second hello: a handshake record means
// that it begins again, an alert or the end of the connection that it does not.
func (l *look) settleRestart(kind byte, err error) {
	answer := fact.OfferUnknown
	switch {
	case err == nil && kind == hello.RecordHandshake:
		answer = fact.Accepted
	case err == nil && kind == hello.RecordAlert, hungUp(err):
		answer = fact.Declined
	}
	l.offers[fact.OfferClientRenego] = answer
	delete(l.why, fact.OfferClientRenego)
	if answer == fact.OfferUnknown && err != nil {
		l.why[fact.OfferClientRenego] = excerpt.Error(err, maxText)
	}
}
