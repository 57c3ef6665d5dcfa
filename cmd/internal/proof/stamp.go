// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// MaxToken bounds a time-stamp, in bytes: a token with a whole chain of RSA certificates
// has some eight thousand.
const MaxToken = 64 << 10

// Stamped is what a time-stamping authority signed.
type Stamped struct {
	At     time.Time
	Signer string // name of the certificate that signed
	// Anchored tells that the chain of the signer ends at an authority that the reader
	// named. Without it, whoever made the token may have made its certificate.
	Anchored bool
}

// VerifyStamp verifies that a time-stamp (RFC 3161) is over a signed checkpoint, and that
// its chain held at the time it tells: that of today may have ended long ago. Without
// roots, the chain is not looked at.
func VerifyStamp(token []byte, checkpoint string, roots *x509.CertPool) (s Stamped, err error) {
	if len(token) > MaxToken {
		return s, fmt.Errorf("read time-stamp: more than %d bytes", MaxToken)
	}
	// The reader of CMS is another's, and reads what comes from afar.
	defer func() {
		if seen := recover(); seen != nil {
			err = fmt.Errorf("read time-stamp: %v", seen)
		}
	}()
	read, err := timestamp.Parse(token)
	if err != nil {
		return s, fmt.Errorf("read time-stamp: %w", err)
	}
	if !read.HashAlgorithm.Available() {
		return s, errors.New("read time-stamp: its digest is of a kind that is not known")
	}
	h := read.HashAlgorithm.New()
	h.Write([]byte(checkpoint))
	if !bytes.Equal(h.Sum(nil), read.HashedMessage) {
		return s, errors.New("the time-stamp is of something else than the checkpoint")
	}
	signer, err := verifySigner(token, read.Time, roots)
	if err != nil {
		return s, err
	}
	return Stamped{At: read.Time.UTC(), Signer: signer.Subject.String(), Anchored: roots != nil}, nil
}

func verifySigner(token []byte, at time.Time, roots *x509.CertPool) (*x509.Certificate, error) {
	message, err := pkcs7.Parse(token)
	if err != nil {
		return nil, fmt.Errorf("read time-stamp: %w", err)
	}
	signer := message.GetOnlySigner()
	if signer == nil {
		return nil, errors.New("the time-stamp does not hold the certificate of its one signer")
	}
	// RFC 3161 section 2.3: the certificate is for time-stamping and for nothing else.
	if !slices.Equal(signer.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}) {
		return nil, errors.New("the certificate that signed is not one for time-stamping alone")
	}
	if at.Before(signer.NotBefore) || at.After(signer.NotAfter) {
		return nil, errors.New("the certificate that signed was not valid at the time of the time-stamp")
	}
	intermediates := x509.NewCertPool()
	for _, c := range message.Certificates {
		intermediates.AddCert(c)
	}
	if err := message.VerifyWithOpts(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	}); err != nil {
		return nil, fmt.Errorf("verify time-stamp: %w", err)
	}
	return signer, nil
}
