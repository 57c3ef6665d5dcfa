// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/tls"
	"crypto/x509"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/oldtls"
)

// restart makes a session of a version before 1.3, in any suite that the service
// takes, and asks within it to begin again, which the standard library never does.
func (l *look) restart(ctx context.Context, name string, version uint16) *session {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
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
	s.sent, s.state = o, tls.ConnectionState{Version: s.Version, CipherSuite: s.Suite, PeerCertificates: first(conn.Answer.Certificates)}
	if s.whole {
		o.Suites = []uint16{s.Suite}
		l.settleRestart(conn.Again(o))
	} else if s.Version != 0 {
		l.why[fact.OfferClientRenego] = excerpt.Error(err, maxText)
	}
	return s
}

// first is the leaf of a chain, when it can be read.
func first(chain [][]byte) []*x509.Certificate {
	if len(chain) == 0 {
		return nil
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil
	}
	return []*x509.Certificate{leaf}
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
