// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"bytes"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// Shape tells how the certificates sent follow one another, from the leaf up, at
// the moment of the look.
func (s Stores) Shape(chain []*x509.Certificate, at time.Time) *fact.ChainShape {
	path := climb(chain)
	last := chain[path[len(path)-1]]
	shape := &fact.ChainShape{Ordered: slices.IsSorted(path) && path[len(path)-1] == len(path)-1, Surplus: len(chain) - len(path)}
	if place := s.outOfDate(chain, path, at); place > 0 {
		shape.OutOfDate = max(0, slices.Index(kept(chain, path), place))
	}
	if isSelfSigned(last) {
		shape.Anchor = len(path) > 1
		return shape
	}
	if !s.knows(last) {
		shape.Open, shape.OpenFetchable = excerpt.Of(last.Issuer.String(), maxText), slices.ContainsFunc(last.IssuingCertificateURL, fetchable)
	}
	return shape
}

// fetchable tells whether any client can ask at an address: those of a directory
// are for the inside of an organisation.
func fetchable(address string) bool {
	return strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")
}

// climb gives the places, in the chain sent, of the path of the leaf.
func climb(chain []*x509.Certificate) []int {
	path, left := []int{0}, maxSignatures
	for {
		at := chain[path[len(path)-1]]
		next := slices.IndexFunc(chain, func(c *x509.Certificate) bool {
			if c == at || left == 0 || !bytes.Equal(c.RawSubject, at.RawIssuer) {
				return false
			}
			left--
			return signatureHolds(c, at)
		})
		if next < 0 || slices.Contains(path, next) {
			return path
		}
		path = append(path, next)
	}
}

// Issuer is, among the certificates sent, the one that signed the leaf; nil when it
// was not sent.
func Issuer(chain []*x509.Certificate) *x509.Certificate {
	if path := climb(chain); len(path) > 1 {
		return chain[path[1]]
	}
	return nil
}
