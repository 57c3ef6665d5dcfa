// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"bytes"
	"crypto/x509"
	"slices"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// Shape tells how the certificates sent follow one another, from the leaf up.
func (s Stores) Shape(chain []*x509.Certificate) *fact.ChainShape {
	path := climb(chain)
	last := chain[path[len(path)-1]]
	shape := &fact.ChainShape{Ordered: slices.IsSorted(path) && path[len(path)-1] == len(path)-1, Surplus: len(chain) - len(path)}
	if isSelfSigned(last) {
		shape.Anchor = len(path) > 1
		return shape
	}
	if !s.knows(last) {
		shape.Open, shape.OpenFetchable = excerpt.Of(last.Issuer.String(), maxText), len(last.IssuingCertificateURL) > 0
	}
	return shape
}

// climb gives the places, in the chain sent, of the path of the leaf.
func climb(chain []*x509.Certificate) []int {
	path := []int{0}
	for {
		at := path[len(path)-1]
		next := slices.IndexFunc(chain, func(c *x509.Certificate) bool { return issued(c, chain[at]) })
		if next < 0 || slices.Contains(path, next) {
			return path
		}
		path = append(path, next)
	}
}

// issued tells whether a certificate is the issuer of another. When Go refuses to
// compute an old signature, the names decide.
func issued(issuer, c *x509.Certificate) bool {
	if issuer == c || !bytes.Equal(issuer.RawSubject, c.RawIssuer) {
		return false
	}
	return signatureHolds(issuer, c)
}
