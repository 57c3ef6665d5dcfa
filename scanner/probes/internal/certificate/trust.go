// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"carescan/scanner/fact"
)

var errNoStore = errors.New("this machine has no store of trusted authorities")

// Stores are the authorities a chain is built against.
type Stores struct {
	Public  *x509.CertPool // nil means the store of the system
	Private *x509.CertPool // of the establishment; nil means none
}

// Trust builds a chain, against the public store first. Dates and name have
// checks of their own and are left aside here.
func (s Stores) Trust(chain []*x509.Certificate) (fact.Trust, error) {
	roots, err := s.public()
	switch {
	case err == nil && builds(chain, roots):
		return fact.Trusted, nil
	case s.Private != nil && builds(chain, s.Private):
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
	return err == nil && builds(alone, roots) || s.Private != nil && builds(alone, s.Private)
}

// builds tells whether a path leads from the first certificate to a root, for a
// server: a certificate for another use is refused by browsers (RFC 5280 section
// 4.2.1.12).
func builds(chain []*x509.Certificate, roots *x509.CertPool) bool {
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, cert := range chain[1:] {
		options.Intermediates.AddCert(cert)
	}
	for _, moment := range moments(chain) {
		options.CurrentTime = moment
		if _, err := chain[0].Verify(options); err == nil {
			return true
		}
	}
	return false
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

// moments are when the chain may have been whole. Go cannot build a chain
// without dates: an expired leaf is judged at its beginning, or at its end when
// its authority was renewed meanwhile, or as soon as all that was sent was valid.
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

// isSelfSigned tells whether a certificate vouches for itself. When Go refuses
// to compute an old signature, its names decide.
func isSelfSigned(cert *x509.Certificate) bool {
	return bytes.Equal(cert.RawSubject, cert.RawIssuer) && signatureHolds(cert, cert)
}

// signatureHolds tells whether one certificate signed another, or may have by a
// hash too old for Go to compute.
func signatureHolds(issuer, c *x509.Certificate) bool {
	err := issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
	var insecure x509.InsecureAlgorithmError
	return err == nil || errors.As(err, &insecure)
}
