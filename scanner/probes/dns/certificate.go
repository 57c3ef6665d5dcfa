// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"unicode"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// maxIssuer is the most bytes kept of the name of an authority.
const maxIssuer = 100

// certificate looks at the certificate in place at the name, when a CAA record
// limits who may issue it: the two are judged together.
func (p *Probe) certificate(ctx context.Context, network scanner.Network, z fact.Zone) *fact.SiteCertificate {
	if !slices.ContainsFunc(z.CAA, isPresent) || network.Permits(ctx, z.Name) != nil {
		return nil
	}
	ctx, cancel := scanner.WithPatience(ctx, p.timeout)
	defer cancel()
	issuer, err := issuerAt(ctx, network, z.Name)
	if err != nil {
		return &fact.SiteCertificate{Error: excerpt.Error(err, maxError)}
	}
	return &fact.SiteCertificate{Issuer: issuer}
}

// issuerAt makes one ordinary handshake and reads who issued the certificate: the
// organisation, or the common name when there is none.
func issuerAt(ctx context.Context, network scanner.Network, host string) (string, error) {
	raw, err := network.DialContext(ctx, "tcp", net.JoinHostPort(host, "443"))
	if err != nil {
		return "", err //nolint:wrapcheck // the door of the network has said it all
	}
	// Only the issuer is read: nothing is trusted and nothing is sent.
	conn := tls.Client(raw, &tls.Config{ServerName: host, InsecureSkipVerify: true}) //nolint:gosec // as said above
	defer conn.Close()
	if err := conn.HandshakeContext(ctx); err != nil {
		return "", err //nolint:wrapcheck // it says which handshake failed
	}
	issuer := conn.ConnectionState().PeerCertificates[0].Issuer
	names := append(slices.Clone(issuer.Organization), issuer.CommonName)
	return plain(names[0]), nil
}

// plain bounds a foreign name and leaves out what cannot be printed.
func plain(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxIssuer)], "")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}
