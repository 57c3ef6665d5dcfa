// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"crypto/x509"
	"slices"

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
func (p *Probe) addCertificates(f *fact.TLS, l *look) []scanner.Artifact {
	chain, staple, stamps := l.first.state.PeerCertificates, l.first.state.OCSPResponse, 0
	for _, sct := range l.first.state.SignedCertificateTimestamps {
		stamps += min(1, len(sct))
	}
	if len(chain) == 0 {
		chain, staple = parseChain(l.chain), l.staple
		for _, list := range l.timestamps {
			stamps += certificate.CountTimestamps(list)
		}
	}
	artifacts := p.addChain(f, chain)
	if len(f.Chain) == 0 {
		return artifacts
	}
	if staple == nil {
		staple = l.staple
	}
	f.Staple = readStaple(staple, chain)
	f.SCTs = f.Chain[0].SCTs + stamps + stapledTimestamps(staple, chain)
	f.Revocation = revocation(f.Staple, f.Chain[0])
	l.addOthers(f, chain[0])
	return artifacts
}

// parseChain reads certificates that passed in clear, up to the first that cannot
// be read.
func parseChain(raw [][]byte) []*x509.Certificate {
	var chain []*x509.Certificate
	for _, der := range raw {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			break
		}
		chain = append(chain, cert)
		if len(chain) > certificate.MaxChain {
			break
		}
	}
	return chain
}

// addOthers writes the other leaves that were seen, and the one shown when no name
// is asked.
func (l *look) addOthers(f *fact.TLS, leaf *x509.Certificate) {
	if l.unnamed != nil && len(l.unnamed.state.PeerCertificates) > 0 {
		other := l.unnamed.state.PeerCertificates[0]
		known := slices.ContainsFunc(l.leaves, func(raw []byte) bool { return bytes.Equal(raw, other.Raw) })
		if !other.Equal(leaf) && !known {
			described := certificate.Describe(other, f.Name)
			f.Unnamed = &described
		}
	}
	for _, raw := range l.leaves {
		cert, err := x509.ParseCertificate(raw)
		if err == nil && !cert.Equal(leaf) && len(f.Alternates) < maxLeaves {
			f.Alternates = append(f.Alternates, certificate.Describe(cert, f.Name))
		}
	}
}
