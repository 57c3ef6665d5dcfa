// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strconv"
	"syscall"

	"carescan/scanner"
)

// hello is what one handshake showed.
type hello struct {
	address    string // really dialled; empty when nothing answered the dial
	negotiated uint16 // version the server chose; 0 when it chose none
	chain      []*x509.Certificate
	err        error
}

// shake makes one handshake that offers every version up to one. A server must
// take the highest it knows (RFC 5246 appendix E.1, RFC 8446 section 4.2.1), so
// a lower choice is a well-formed refusal of all those above.
func shake(ctx context.Context, network scanner.Network, host string, port int, most uint16) hello {
	raw, err := network.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return hello{err: err}
	}
	conn := tls.Client(raw, config(host, most))
	defer conn.Close()
	err = conn.HandshakeContext(ctx)
	// A version is chosen by the server's first word: what fails after it, such
	// as a client certificate we do not have, takes nothing back.
	state := conn.ConnectionState()
	return hello{address: raw.RemoteAddr().String(), negotiated: state.Version, chain: state.PeerCertificates, err: err}
}

// config offers all that Go can speak, weak suites too: an old version is
// refused for itself, not for want of a common suite.
func config(host string, most uint16) *tls.Config {
	return &tls.Config{
		ServerName: host, // Go leaves addresses out of the name sent, as RFC 6066 asks
		MinVersion: tls.VersionTLS10,
		MaxVersion: most,
		// The chain is wanted as it is: it is judged afterwards, by the checks,
		// and nothing secret or trusted passes over this connection.
		InsecureSkipVerify: true, //nolint:gosec // as said above
		CipherSuites:       allSuites(),
		// The groups of a hello that fits one packet: some middle boxes lose the
		// larger one that post-quantum keys make.
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
	}
}

func allSuites() []uint16 {
	var ids []uint16
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids = append(ids, suite.ID)
	}
	return ids
}

// alerted tells whether the server refused with a TLS alert: it speaks TLS.
func (h hello) alerted() bool {
	var op *net.OpError
	return errors.As(h.err, &op) && op.Op == "remote error"
}

// hungUp tells whether the server ended the connection in answer to the hello.
// Some stacks refuse a version with a reset and not an alert.
func (h hello) hungUp() bool {
	return h.address != "" && (errors.Is(h.err, io.EOF) || errors.Is(h.err, io.ErrUnexpectedEOF) ||
		errors.Is(h.err, syscall.ECONNRESET) || errors.Is(h.err, syscall.EPIPE))
}

// otherTalk tells whether what came is no TLS record.
func (h hello) otherTalk() bool {
	var header tls.RecordHeaderError
	return errors.As(h.err, &header)
}

// spokeTLS tells whether the answer can only come from a TLS server.
func (h hello) spokeTLS() bool { return h.negotiated != 0 || h.alerted() }
