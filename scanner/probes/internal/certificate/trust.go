// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"carescan/scanner/fact"
)

var errNoStore = errors.New("this machine has no store of trusted authorities")

// Stores are the authorities a chain is built against.
type Stores struct {
	Public  *x509.CertPool // nil means the store of the system
	Private *x509.CertPool // of the establishment; nil means none
	// Known lists the declared authorities of both, one by one: a pool keeps them to
	// itself, and refuses to compute the old signatures that they made.
	Known []*x509.Certificate
}

// Trust builds a chain, against the public store first. Dates, name and the
// strength of signatures have checks of their own and are left aside here.
func (s Stores) Trust(chain []*x509.Certificate) (fact.Trust, error) {
	roots, err := s.public()
	switch {
	case err == nil && s.builds(chain, roots):
		return fact.Trusted, nil
	case s.Private != nil && s.builds(chain, s.Private):
		return fact.PrivatelyTrusted, nil
	case err != nil:
		return "", err
	case isSelfSigned(chain[0]):
		return fact.SelfSigned, nil
	}
	return fact.Untrusted, nil
}

// knows tells whether the issuer of a certificate is in a store: the certificate
// alone then builds.
func (s Stores) knows(c *x509.Certificate) bool {
	alone := []*x509.Certificate{c}
	roots, err := s.public()
	return err == nil && s.builds(alone, roots) || s.Private != nil && s.builds(alone, s.Private)
}

// public gives the public store. A machine without any must not make every
// certificate of the world untrusted.
func (s Stores) public() (*x509.CertPool, error) {
	if s.Public != nil {
		return s.Public, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the store of the system: %w", err)
	}
	if roots.Equal(x509.NewCertPool()) {
		return nil, errNoStore
	}
	return roots, nil
}

// builds tells whether a path leads from the first certificate to a root, for a
// server: a certificate for another use is refused by browsers (RFC 5280 section
// 4.2.1.12). Dates are left aside: those of what was sent are judged apart.
func (s Stores) builds(chain []*x509.Certificate, roots *x509.CertPool) bool {
	var timeless []*x509.Certificate
	for _, cert := range chain {
		timeless = append(timeless, undated(cert))
	}
	return verified(timeless, roots, moments(chain)) || s.climbsOld(timeless, roots)
}

// PublicPath is a path from the leaf to a root of the public store, root included,
// by certificates that hold at a moment; nil when there is none, or only one by
// signatures of the past.
func (s Stores) PublicPath(chain []*x509.Certificate, at time.Time) []*x509.Certificate {
	roots, err := s.public()
	if err != nil {
		return nil
	}
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: at}
	for _, cert := range chain[1:] {
		options.Intermediates.AddCert(cert)
	}
	paths, err := chain[0].Verify(options)
	if err != nil {
		return nil
	}
	return paths[0]
}

// outOfDate gives the place of the first certificate above the leaf that was out
// of date at a moment, when no path held then without it; 0 when there is none.
// Of a leaf that was itself out of date, any moment of its life will do.
func (s Stores) outOfDate(chain []*x509.Certificate, path []int, at time.Time) int {
	leaf := chain[0]
	when := []time.Time{at}
	if !inDate(leaf, at) {
		when = moments(chain)
	}
	dated := append([]*x509.Certificate{undated(leaf)}, chain[1:]...)
	public, err := s.public()
	for _, roots := range []*x509.CertPool{public, s.Private} {
		if roots == nil || roots == public && err != nil {
			continue
		}
		if !s.builds(chain, roots) {
			continue
		}
		if verified(dated, roots, when) {
			return 0
		}
		for _, place := range path[1:] {
			if !inDate(chain[place], at) && !isSelfSigned(chain[place]) {
				return place
			}
		}
	}
	return 0
}

// inDate obeys RFC 5280 section 4.1.2.5: both bounds are inside.
func inDate(cert *x509.Certificate, at time.Time) bool {
	return !at.Before(cert.NotBefore) && !at.After(cert.NotAfter)
}

// undated is a copy that holds at any moment.
func undated(cert *x509.Certificate) *x509.Certificate {
	timeless := *cert
	timeless.NotBefore, timeless.NotAfter = time.Unix(0, 0), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	return &timeless
}

// verified asks the standard library, which cannot build a chain without dates,
// at each of several moments.
func verified(chain []*x509.Certificate, roots *x509.CertPool, when []time.Time, usages ...x509.ExtKeyUsage) bool {
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), KeyUsages: usages}
	for _, cert := range chain[1:] {
		options.Intermediates.AddCert(cert)
	}
	for _, moment := range when {
		options.CurrentTime = moment
		if _, err := chain[0].Verify(options); err == nil {
			return true
		}
	}
	return false
}

// moments are when the chain may have been whole: today, at the beginning of the
// leaf, at its end when its authority was renewed meanwhile, or as soon as all
// that was sent was valid.
func moments(chain []*x509.Certificate) []time.Time {
	leaf, latest := chain[0], chain[0].NotBefore
	for _, cert := range chain {
		if cert.NotBefore.After(latest) {
			latest = cert.NotBefore
		}
	}
	const inside = time.Second // both bounds belong to the certificate, rounding may not
	return []time.Time{time.Now(), leaf.NotBefore.Add(inside), latest.Add(inside), leaf.NotAfter.Add(-inside)}
}

// climbsOld looks for a path some of whose links are signatures that the standard
// library refuses to compute: SHA-1, MD5, DSA. Whoever signed that way is still
// known or unknown; the weakness is judged apart. The rest of the path, from the
// first certificate that it accepts, is left to the library.
func (s Stores) climbsOld(chain []*x509.Certificate, roots *x509.CertPool) bool {
	if !slices.ContainsFunc(chain, isOld) || !forServers(chain[0]) || len(chain[0].UnhandledCriticalExtensions) > 0 {
		return false
	}
	w := &walk{sent: chain, roots: roots, left: maxSignatures}
	known := s.Known
	if s.Public == nil {
		known = slices.Concat(systemAuthorities(), s.Known)
	}
	for _, authority := range known {
		if verified([]*x509.Certificate{undated(authority)}, roots, []time.Time{time.Now()}, x509.ExtKeyUsageAny) {
			w.known = append(w.known, authority)
		}
	}
	return w.reaches(chain[0], 0)
}

// The bounds of a walk up a chain: as many signatures as the standard library
// computes, and more links than authorities make.
const (
	maxSignatures = 100
	maxLinks      = 8
)

// walk is a search for a path up to a root.
type walk struct {
	sent, known []*x509.Certificate
	roots       *x509.CertPool
	left        int // signatures that may still be computed
}

func (w *walk) reaches(c *x509.Certificate, below int) bool {
	if below > maxLinks {
		return false
	}
	if below > 0 && verified(append([]*x509.Certificate{c}, w.sent...), w.roots, []time.Time{time.Now()}, x509.ExtKeyUsageAny) {
		return true
	}
	for _, parent := range w.known {
		if w.holds(parent, c, below) {
			return true
		}
	}
	for _, parent := range w.sent {
		if parent != c && w.holds(parent, c, below) && w.reaches(parent, below+1) {
			return true
		}
	}
	return false
}

// holds tells whether an authority signed a certificate, and may (RFC 5280 section
// 4.2.1.9). One with constraints on names is left to the standard library.
func (w *walk) holds(parent, c *x509.Certificate, below int) bool {
	if !bytes.Equal(parent.RawSubject, c.RawIssuer) || !maySign(parent, below) || w.left == 0 {
		return false
	}
	w.left--
	return signatureHolds(parent, c)
}

// maySign tells whether a certificate is that of an authority, above so many others.
func maySign(c *x509.Certificate, below int) bool {
	names := len(c.PermittedDNSDomains) + len(c.ExcludedDNSDomains) + len(c.PermittedIPRanges) + len(c.ExcludedIPRanges)
	tooDeep := c.BasicConstraintsValid && (c.MaxPathLen > 0 || c.MaxPathLenZero) && below > c.MaxPathLen
	authority := c.BasicConstraintsValid && c.IsCA || c.Version < 3 && isSelfSigned(c)
	return authority && (c.KeyUsage == 0 || c.KeyUsage&x509.KeyUsageCertSign != 0) && names == 0 && !tooDeep &&
		forServers(c) && len(c.UnhandledCriticalExtensions) == 0
}

// forServers tells whether a certificate says nothing of its use, or allows
// servers.
func forServers(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 || slices.ContainsFunc(c.ExtKeyUsage, func(use x509.ExtKeyUsage) bool {
		return use == x509.ExtKeyUsageAny || use == x509.ExtKeyUsageServerAuth
	})
}

// isSelfSigned tells whether a certificate vouches for itself.
func isSelfSigned(cert *x509.Certificate) bool {
	return bytes.Equal(cert.RawSubject, cert.RawIssuer) && signatureHolds(cert, cert)
}
