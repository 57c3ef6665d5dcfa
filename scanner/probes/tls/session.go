// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
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
	least  uint16 // version; TLS 1.0 when zero
	most   uint16
	suites []uint16      // before TLS 1.3; nil means all
	groups []tls.CurveID // nil means those of the library, hybrid first
	alpn   []string
}

// fit makes the hello of a session small when only those are answered: by one
// version, the groups that every client has, and suites that the server took.
func (l *look) fit(o terms) terms {
	if l.form == full {
		return o
	}
	o.alpn, o.groups = nil, []tls.CurveID{tls.X25519, tls.CurveP256}
	if l.takes(o.most) {
		o.least, o.suites = o.most, l.suites[o.most].taken
	}
	return o
}

// shake makes a whole handshake, then what follows on the open connection.
func (l *look) shake(ctx context.Context, o terms, then func(*session, *tls.Conn)) *session {
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
	conn := tls.Client(s.tape, s.config(l.fit(o)))
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
		MinVersion: cmp.Or(o.least, tls.VersionTLS10),
		MaxVersion: o.most,
		// The chain is wanted as it is: it is judged afterwards, by the checks,
		// and nothing secret or trusted passes over this connection.
		InsecureSkipVerify: true, //nolint:gosec // as said above
		CipherSuites:       o.known(),
		CurvePreferences:   o.groups,
		NextProtos:         o.alpn,
		KeyLogWriter:       &s.secrets,
		// Tickets are sent to who says it could use one (RFC 8446 section 4.2.9), and
		// asked for in TLS 1.2.
		ClientSessionCache: tls.NewLRUClientSessionCache(1),
	}
}

// known are the suites offered that the library speaks.
func (o terms) known() []uint16 {
	var ids []uint16
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if o.suites == nil || slices.Contains(o.suites, suite.ID) {
			ids = append(ids, suite.ID)
		}
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
	clear, clearErr := hello.Read(bytes.NewReader(s.tape.read.Bytes()))
	switch {
	case r.Version != 0:
		r.offer = fact.Accepted
	case clear.Chose() && !clear.Retry:
		r.Answer, r.offer = clear, fact.Accepted
	case errors.As(err, &alert) || alerted(err):
		r.offer, r.Alerted = fact.Declined, true
	case errors.As(err, &header), errors.Is(clearErr, hello.ErrOtherTalk):
		r.offer, r.stranger = fact.OfferUnknown, true
	case hungUp(err):
		r.offer, r.hungUp = fact.Declined, true
	default:
		r.offer = fact.OfferUnknown
	}
	if err != nil && clearErr != nil && scanner.CauseOf(err).Code == scanner.CauseUnknown {
		r.err = fmt.Errorf("%w: %w", clearErr, err) // the library says it in its own words only
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
	// An alert may ask for the certificate of a client, to whom tickets would come.
	s.ended = n < maxFarewell && (err == nil || !isTimeout(err) && !alerted(err))
}
