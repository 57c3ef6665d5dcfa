// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

const handshakeTimeout = 8 * time.Second

// certificates reads the names in the certificates of the first names in the
// scope that have an address. Names they add are resolved in turn.
func (p *Probe) certificates(ctx context.Context, g *gathering) {
	read := 0
	for _, asset := range g.sorted() {
		if read >= maxCertificates {
			break
		}
		if !asset.InScope || asset.Answer != fact.Present {
			continue
		}
		read++
		for _, name := range namesShown(ctx, g, asset.Name) {
			g.add(name, fact.FoundCertificate)
		}
	}
	g.resolveAll(ctx)
}

// namesShown makes one ordinary handshake. A host without TLS shows no name.
func namesShown(ctx context.Context, g *gathering, host string) []string {
	ctx, cancel := scanner.WithPatience(ctx, handshakeTimeout)
	defer cancel()
	raw, err := g.net.DialContext(ctx, "tcp", net.JoinHostPort(host, "443"))
	if err != nil {
		return nil
	}
	// The names are only listed: nothing is trusted and nothing is sent.
	conn := tls.Client(raw, &tls.Config{ServerName: host, InsecureSkipVerify: true}) //nolint:gosec // as said above
	defer conn.Close()
	if conn.HandshakeContext(ctx) != nil {
		return nil
	}
	leaf := conn.ConnectionState().PeerCertificates[0]
	return leaf.DNSNames[:min(len(leaf.DNSNames), maxRecords)]
}
