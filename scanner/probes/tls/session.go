// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/tls/hello"
)

// farewell is how long a server is given to end a connection that we ended: its
// tickets come before.
const farewell = 2 * time.Second

// maxFarewell bounds what is read meanwhile, in bytes.
const maxFarewell = 64 << 10

// session is one whole handshake, by the standard library: the only way to see
// the certificate and the tickets of TLS 1.3, which are encrypted.
type session struct {
	reply
	state   tls.ConnectionState
	tape    *tape
	secrets keyLog
	whole   bool // the handshake was finished
	ended   bool // the server closed the connection after it
}

// terms are what a session offers.
type terms struct {
	name   string
	most   uint16
	groups []tls.CurveID // nil means those of the library, hybrid first
	alpn   []string
}

// shake makes a whole handshake, then what follows on the open connection.
func (l *look) shake(ctx context.Context, o terms, then func(*session, *tls.Conn)) *session {
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
	conn := tls.Client(s.tape, s.config(o))
	err = conn.HandshakeContext(ctx)
	s.state, s.whole = conn.ConnectionState(), err == nil
	s.reply = l.heard(s.outcome(err))
	if s.whole {
		then(s, conn)
	}
	return s
}

// config offers all that Go can speak, weak suites too: an old version is
// refused for itself, not for want of a common suite.
func (s *session) config(o terms) *tls.Config {
	return &tls.Config{
		ServerName: o.name,
		MinVersion: tls.VersionTLS10,
		MaxVersion: o.most,
		// The chain is wanted as it is: it is judged afterwards, by the checks,
		// and nothing secret or trusted passes over this connection.
		InsecureSkipVerify: true, //nolint:gosec // as said above
		CipherSuites:       allSuites(),
		CurvePreferences:   o.groups,
		NextProtos:         o.alpn,
		// Tickets are sent to who says it could use one (RFC 8446 section 4.2.9).
		ClientSessionCache: tls.NewLRUClientSessionCache(1),
		KeyLogWriter:       &s.secrets,
	}
}

// allSuites puts first those that what follows a handshake can go on with.
func allSuites() []uint16 {
	var ids []uint16
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids = append(ids, suite.ID)
	}
	return ids
}

// outcome reads how a handshake ended. A version is chosen by the server's first
// word: what fails after it, such as a client certificate we do not have, takes
// nothing back.
func (s *session) outcome(err error) reply {
	r := reply{err: err, connected: true}
	r.Version = s.state.Version
	if s.state.HandshakeComplete || r.Version != 0 {
		r.Suite, r.Group, r.ALPN = s.state.CipherSuite, uint16(s.state.CurveID), s.state.NegotiatedProtocol
	}
	var alert tls.AlertError
	var header tls.RecordHeaderError
	// The library tells nothing of a choice it does not follow, SSL 3.0 for one.
	clear, _ := hello.Read(bytes.NewReader(s.tape.read.Bytes()))
	switch {
	case r.Version != 0:
		r.offer = fact.Accepted
	case clear.Chose() && !clear.Retry:
		r.Answer, r.offer = clear, fact.Accepted
	case errors.As(err, &alert) || alerted(err):
		r.offer, r.Alerted = fact.Declined, true
	case errors.As(err, &header):
		r.offer, r.stranger = fact.OfferUnknown, true
	case hungUp(err):
		r.offer, r.hungUp = fact.Declined, true
	default:
		r.offer = fact.OfferUnknown
	}
	return r
}

// end says goodbye and reads what the server still had to say.
func (s *session) end(conn *tls.Conn) {
	if conn.CloseWrite() != nil {
		return
	}
	if conn.SetReadDeadline(time.Now().Add(farewell)) != nil {
		return
	}
	// A server of HTTP/2 speaks first: its settings come before its end.
	n, err := io.Copy(io.Discard, io.LimitReader(conn, maxFarewell))
	s.ended = n < maxFarewell && (err == nil || !isTimeout(err))
}
