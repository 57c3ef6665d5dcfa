// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
)

// maxLeaves is how many different leaves are kept besides the first.
const maxLeaves = 4

// addOnce keeps a leaf that was not seen yet, within the bound.
func addOnce(leaves [][]byte, leaf []byte) [][]byte {
	seen := slices.ContainsFunc(leaves, func(l []byte) bool { return bytes.Equal(l, leaf) })
	if seen || len(leaves) > maxLeaves {
		return leaves
	}
	return append(leaves, bytes.Clone(leaf))
}

// addCertificates writes what concerns the certificates: the chain of the default
// handshake, or the first that passed in clear.
func (p *Probe) addCertificates(ctx context.Context, f *fact.TLS, l *look) []scanner.Artifact {
	staple, stamps := l.first.state.OCSPResponse, 0
	for _, sct := range l.first.state.SignedCertificateTimestamps {
		stamps += min(1, len(sct))
	}
	sent := l.first.shown()
	if len(sent) == 0 {
		sent, staple = l.chain, l.staple
		for _, list := range l.timestamps {
			stamps += certificate.CountTimestamps(list)
		}
	}
	chain, unread := certificate.ParseChain(sent)
	artifacts := p.addChain(f, chain, unread)
	if len(f.Chain) == 0 {
		return artifacts
	}
	if staple == nil {
		staple = l.staple
	}
	f.Staple = readStaple(staple, chain)
	f.SCTs = f.Chain[0].SCTs + stamps + stapledTimestamps(staple, chain)
	f.Authorities = p.askAuthorities(ctx, f, l, chain)
	f.Revocation = concluded(f, f.Chain[0], time.Now())
	l.addOthers(f, chain[0])
	return artifacts
}

// askAuthorities asks those of a publicly trusted chain about revocation, when the
// probe was told to.
func (p *Probe) askAuthorities(ctx context.Context, f *fact.TLS, l *look, chain []*x509.Certificate) []fact.RevocationAnswer {
	network, leads := l.net.(scanner.AuthorityDialer)
	if p.desk == nil || !leads || f.Trust != fact.Trusted {
		return nil
	}
	path := p.stores.PublicPath(chain, time.Now())
	return p.desk.Ask(ctx, network, l.net.UserAgent(), path)
}

// shown gives the certificates of a handshake, leaf first: those that the standard
// library read, or those that it refused, in clear before TLS 1.3, or decrypted
// with the secrets of our own session.
func (s *session) shown() [][]byte {
	if len(s.state.PeerCertificates) > 0 || s.tape == nil {
		return certificate.Raw(s.state.PeerCertificates)
	}
	if sent := certificate.InClear(s.tape.read.Bytes()); len(sent) > 0 {
		return sent
	}
	for kind, body := range encrypted(s.decrypt("SERVER_HANDSHAKE_TRAFFIC_SECRET")) {
		if kind == certificate.MessageKind {
			return certificate.Message(body, true)
		}
	}
	return nil
}

// leaf is the certificate that a handshake showed first; nil when there is none.
func (s *session) leaf() *x509.Certificate {
	if s == nil {
		return nil
	}
	chain, _ := certificate.ParseChain(s.shown())
	if len(chain) == 0 {
		return nil
	}
	return chain[0]
}

// addOthers writes the other leaves that were seen, and the one shown when no name
// is asked.
func (l *look) addOthers(f *fact.TLS, leaf *x509.Certificate) {
	if other := l.unnamed.leaf(); other != nil {
		known := slices.ContainsFunc(l.leaves, func(raw []byte) bool { return bytes.Equal(raw, other.Raw) })
		if !other.Equal(leaf) && !known {
			described := certificate.Describe(other, f.Name)
			f.Unnamed = &described
		}
	}
	for _, raw := range l.leaves {
		cert, _, err := certificate.Parse(raw)
		if err == nil && !cert.Equal(leaf) && len(f.Alternates) < maxLeaves {
			f.Alternates = append(f.Alternates, certificate.Describe(cert, f.Name))
		}
	}
}
