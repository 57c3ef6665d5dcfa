// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"crypto/tls"
	"crypto/x509"

	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// pinned trusts the one authority whose public key the token names: the chain
// must be built from a certificate, sent by the server, that has that key. It is
// verified within the handshake, so that a stranger is sent no request.
//
// The host is given here because a handshake does not name an address: the name
// of the server is empty then (RFC 6066 section 3).
func pinned(pin, host string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		// The usual verification needs the authority's certificate, which the
		// agent learns here; VerifyConnection does it all with the pinned one.
		InsecureSkipVerify: true, //nolint:gosec // replaced by VerifyConnection
		VerifyConnection:   func(state tls.ConnectionState) error { return verifyPinned(state.PeerCertificates, pin, host) },
	}
}

func verifyPinned(shown []*x509.Certificate, pin, host string) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	found := false
	for _, certificate := range shown[1:] {
		if scanner.Digest(certificate.RawSubjectPublicKeyInfo) == pin {
			roots.AddCert(certificate)
			found = true
		} else {
			between.AddCert(certificate)
		}
	}
	if !found {
		return &cli.Problem{
			Sentence: scanner.Text{
				FR: "le serveur ne montre pas l'autorité que le jeton nomme : rien ne lui a été envoyé",
				EN: "the server does not show the authority that the token names: nothing was sent to it",
			},
			Hint: scanner.Text{
				FR: "vérifiez l'adresse de l'agrégateur ; si un équipement déchiffre TLS sur le chemin, faites-en exempter cette adresse",
				EN: "check the address of the aggregator; if a device decrypts TLS on the way, have this address exempted from it",
			},
		}
	}
	if _, err := shown[0].Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: between}); err != nil {
		return &cli.Problem{
			Sentence: scanner.Text{
				FR: "le serveur montre l'autorité que le jeton nomme, mais son certificat n'en vient pas, ou ne vaut ni pour cette adresse ni pour ce jour : rien ne lui a été envoyé",
				EN: "the server shows the authority that the token names, but its certificate is not from it, or is not valid for this address or this day: nothing was sent to it",
			},
			Hint: scanner.Text{
				FR: "vérifiez l'adresse de l'agrégateur, telle que le centre régional l'écrit, et l'horloge de cette machine",
				EN: "check the address of the aggregator, as the regional centre writes it, and the clock of this machine",
			},
			Cause: err,
		}
	}
	return nil
}
