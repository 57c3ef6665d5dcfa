// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
	"carescan/scanner/probes/internal/starttls"
)

// versions go from the newest to the oldest; SSL is beyond what Go can speak.
var versions = [...]struct {
	id   uint16
	name string
}{
	{tls.VersionTLS13, "1.3"}, {tls.VersionTLS12, "1.2"}, {tls.VersionTLS11, "1.1"}, {tls.VersionTLS10, "1.0"},
}

// descent is a walk down the versions of TLS, one connection each.
type descent struct {
	offers map[string]fact.Offer
	chain  []*x509.Certificate
	err    error // of the first handshake that showed nothing
}

// encryption walks down the versions on port 25, and describes what was shown.
func (l *look) encryption(ctx context.Context, d *door, name string, h *fact.MailHost) {
	d.descend(ctx, name)
	h.Versions = d.descent.offers
	if d.descent.err != nil {
		h.TLSError = technical(d.descent.err)
	}
	l.describe(d.descent.chain, name, h)
	if _, never := errors.AsType[*starttls.NotOffered](d.descent.err); never && len(d.descent.chain) == 0 {
		h.Ports[0].StartTLS = fact.Declined // announced, then refused for good
	}
}

// describe keeps the chain and what it is worth.
func (l *look) describe(chain []*x509.Certificate, name string, h *fact.MailHost) {
	if len(chain) == 0 {
		return
	}
	described, text := certificate.Chain(chain, name)
	h.Chain = described
	l.artifacts = append(l.artifacts, scanner.NewArtifact("certificate chain of "+name, "application/pem-certificate-chain", text))
	// Without a store the trust stays empty, which means not known.
	stores := certificate.Stores{Public: l.options.Roots, Known: l.known}
	if trust, err := stores.Trust(chain); err == nil {
		h.Trust, h.Store = trust, l.options.Store
		h.OutOfDate = stores.Shape(chain, time.Now()).OutOfDate > 0
	}
}

// descend offers every version up to one, from the newest. A server must take
// the highest it knows (RFC 8446 section 4.2.1), so a lower choice declines all
// those above.
func (d *door) descend(ctx context.Context, name string) {
	d.descent.offers = map[string]fact.Offer{}
	for _, v := range versions {
		d.descent.offers[v.name] = fact.OfferUnknown
	}
	for i, v := range versions {
		if d.descent.offers[v.name] != fact.OfferUnknown {
			continue
		}
		chosen, err := d.shake(ctx, name, v.id)
		switch {
		case chosen != 0:
			d.settle(i, chosen)
		case d.descent.declined(err):
			d.settle(i, 0)
		case d.descent.err == nil:
			d.descent.err = err
		}
		if d.asClient || chosen == 0 && len(d.descent.chain) == 0 && i > 0 {
			return // a client makes one; after two hellos without a word of TLS, any server is left alone
		}
	}
}

// settle writes what a hello that offered the versions from one on proved.
func (d *door) settle(from int, chosen uint16) {
	for _, v := range versions[from:] {
		if v.id == chosen {
			d.descent.offers[v.name] = fact.Accepted
			return
		}
		d.descent.offers[v.name] = fact.Declined
	}
}

// declined tells whether an error is the answer of a server that speaks TLS and
// took another version before: an alert, or a closed connection.
func (s descent) declined(err error) bool {
	var op *net.OpError
	alert := errors.As(err, &op) && op.Op == "remote error"
	hungUp := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
	_, handshake := errors.AsType[*handshakeError](err)
	return len(s.chain) > 0 && handshake && (alert || hungUp)
}

// handshakeError is the end of a handshake, as opposed to that of what came before.
type handshakeError struct{ cause error }

func (e *handshakeError) Error() string { return "shake hands: " + e.cause.Error() }
func (e *handshakeError) Unwrap() error { return e.cause }

// shake makes one handshake after STARTTLS, and tells the version chosen.
func (d *door) shake(ctx context.Context, name string, most uint16) (uint16, error) {
	ctx, cancel := scanner.WithPatience(ctx, d.timeout)
	defer cancel()
	raw, err := d.dial(ctx, 25)
	if err != nil {
		return 0, err
	}
	defer raw.Close()
	if err := starttls.Upgrade(ctx, raw, starttls.SMTP, name); err != nil {
		return 0, err //nolint:wrapcheck // it says which protocol was spoken
	}
	recorder := &certificate.Recorder{Conn: raw}
	conn := tls.Client(recorder, config(name, most))
	err = conn.HandshakeContext(ctx)
	state := conn.ConnectionState()
	if len(d.descent.chain) == 0 {
		d.descent.chain = state.PeerCertificates
	}
	if len(d.descent.chain) == 0 { // a certificate that the library refuses
		d.descent.chain, _ = certificate.ParseChain(recorder.Certificates())
	}
	if err != nil && state.Version == 0 {
		return 0, &handshakeError{err}
	}
	return state.Version, nil
}

// config offers all that Go can speak, weak suites too: an old version is
// refused for itself, not for want of a common suite.
func config(name string, most uint16) *tls.Config {
	var suites []uint16
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		suites = append(suites, suite.ID)
	}
	return &tls.Config{
		ServerName: name, MinVersion: tls.VersionTLS10, MaxVersion: most, CipherSuites: suites,
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		// The chain is wanted as it is and judged afterwards; nothing secret or
		// trusted passes over this connection.
		InsecureSkipVerify: true, //nolint:gosec // as said above
	}
}
