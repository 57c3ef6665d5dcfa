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

// Trust builds a chain against a store; nil means that of the system. Dates and
// name have checks of their own and are left aside here.
func Trust(chain []*x509.Certificate, store *x509.CertPool) (fact.Trust, error) {
	roots, err := known(store)
	if err != nil {
		return "", err
	}
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, cert := range chain[1:] {
		options.Intermediates.AddCert(cert)
	}
	for _, moment := range moments(chain) {
		options.CurrentTime = moment
		if _, err := chain[0].Verify(options); err == nil {
			return fact.Trusted, nil
		}
	}
	if isSelfSigned(chain[0]) {
		return fact.SelfSigned, nil
	}
	return fact.Untrusted, nil
}

// known gives the declared store. A machine without any must not make every
// certificate of the world untrusted.
func known(store *x509.CertPool) (*x509.CertPool, error) {
	if store != nil {
		return store, nil
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
	if !bytes.Equal(cert.RawSubject, cert.RawIssuer) {
		return false
	}
	err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature)
	var insecure x509.InsecureAlgorithmError
	return err == nil || errors.As(err, &insecure)
}
