// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/oldtls"
)

// maxOld is how many servers of one look are tried again by an old TLS.
const maxOld = 3

// maxHellos is how many hellos of TLS one place is sent in a look: its share of what all
// probes may send (ADR 0039).
const maxHellos = 4

var errHellos = scanner.NotSeen(scanner.CauseSpent, nil, fmt.Errorf("the %d TLS connections allowed for one place are spent", maxHellos))

// connection is one to a web server.
type connection struct {
	net.Conn
	place       string        // it leads to
	certificate fact.Validity // "" without TLS
	old         bool          // what is spoken is a TLS that the standard library refuses
	reused      bool          // it has carried a request before
}

// placeOf is where an address is asked: scheme, way and place make one connection good
// for another request.
func placeOf(u *url.URL, e errand) string {
	return u.Scheme + " " + cmp.Or(e.network, "tcp") + " " + net.JoinHostPort(cmp.Or(e.literal, u.Hostname()), portOf(u)) + " " + u.Hostname()
}

// connect gives the connection left by the last request, when it leads to the same
// place, or opens one. No more than one is held: a courtesy counts them.
func (v *visitor) connect(ctx context.Context, u *url.URL, e errand) (connection, error) {
	place := placeOf(u, e)
	if kept := v.kept; kept.Conn != nil {
		v.kept = connection{}
		if kept.place == place {
			kept.reused = true
			return kept, nil
		}
		kept.Close()
	}
	conn, err := v.open(ctx, u, e)
	conn.place = place
	return conn, err
}

// leave keeps a connection for the next request, or closes it.
func (v *visitor) leave(c connection, good bool) {
	if !good || v.shy {
		c.Close()
		return
	}
	v.kept = c
}

// close ends what is kept.
func (v *visitor) close() {
	if v.kept.Conn != nil {
		v.kept.Close()
	}
	v.kept = connection{}
}

// isSpent tells whether a place may be sent no more hello, and leads to no connection.
func (v *visitor) isSpent(u *url.URL, e errand) bool {
	place := placeOf(u, e)
	return u.Scheme == "https" && v.kept.place != place && v.hellos[place] >= maxHellos
}

// open connects to the server of an address, over TLS when it is asked for: that of
// today, or else an old one.
func (v *visitor) open(ctx context.Context, u *url.URL, e errand) (connection, error) {
	place := net.JoinHostPort(cmp.Or(e.literal, u.Hostname()), portOf(u))
	conn, err := v.net.DialContext(ctx, cmp.Or(e.network, "tcp"), place)
	if err != nil || u.Scheme == "http" {
		return connection{Conn: conn}, err
	}
	v.hellos[placeOf(u, e)]++
	if v.old[place] {
		return v.openOld(ctx, conn, u)
	}
	secure := tls.Client(conn, tolerant(u.Hostname()))
	if err = secure.HandshakeContext(ctx); err == nil {
		return connection{Conn: secure, certificate: v.validity(u.Hostname(), secure.ConnectionState().PeerCertificates)}, nil
	}
	conn.Close()
	if _, tried := v.old[place]; tried || len(v.old) >= maxOld || ctx.Err() != nil || isOtherTalk(err) || scanner.CauseOf(err).Code == scanner.CauseTimeout {
		return connection{}, err
	}
	older, oldErr := v.tryOld(ctx, place, u, e)
	switch {
	case oldErr == nil:
		return older, nil
	case scanner.CauseOf(oldErr).Code == scanner.CauseTLSUnspoken:
		return connection{}, fmt.Errorf("%w (%w)", oldErr, err)
	}
	return connection{}, err
}

// tryOld connects once more, when its turn has come, and remembers whether that was
// of use.
func (v *visitor) tryOld(ctx context.Context, place string, u *url.URL, e errand) (connection, error) {
	if v.old == nil {
		v.old = map[string]bool{}
	}
	v.old[place] = false
	if v.isSpent(u, e) {
		return connection{}, errHellos
	}
	if err := v.net.Pace(ctx, cmp.Or(e.literal, u.Hostname())); err != nil {
		return connection{}, err
	}
	conn, err := v.net.DialContext(ctx, cmp.Or(e.network, "tcp"), place)
	if err != nil {
		return connection{}, err
	}
	v.hellos[placeOf(u, e)]++
	older, err := v.openOld(ctx, conn, u)
	v.old[place] = err == nil
	return older, err
}

// openOld speaks the TLS that servers spoke before Go refused it.
func (v *visitor) openOld(ctx context.Context, conn net.Conn, u *url.URL) (connection, error) {
	secure, err := oldtls.Client(ctx, conn, oldtls.Offer(hello.TLS12, hello.ServerName(u.Hostname())))
	if err != nil {
		conn.Close()
		return connection{}, err
	}
	chain, _ := certificate.ParseChain(secure.Answer.Certificates)
	return connection{Conn: secure, certificate: v.validity(u.Hostname(), chain), old: true}, nil
}

// validity says what a browser would conclude of a certificate: it heeds the
// HSTS header over a valid one only (RFC 6797 section 8.1).
func (v *visitor) validity(host string, chain []*x509.Certificate) fact.Validity {
	if len(chain) == 0 {
		return fact.Invalid
	}
	options := x509.VerifyOptions{DNSName: host, Roots: v.roots, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	if _, err := chain[0].Verify(options); err != nil {
		return fact.Invalid
	}
	return fact.Valid
}

// tolerant speaks to any TLS server. Certificate and versions have their own
// probe and checks, and a site behind a bad certificate is looked at all the
// same: nothing secret is ever sent, and nothing received is trusted.
func tolerant(host string) *tls.Config {
	config := &tls.Config{ServerName: host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10} //nolint:gosec // as said above
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	return config
}
