// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto/x509"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/ocsp"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
)

// readStaple reads the OCSP answer sent with the handshake. It counts only when
// it is signed for this certificate (RFC 6960 section 3.2); without its issuer,
// only when the answer carries its own signer.
func readStaple(raw []byte, chain []*x509.Certificate) *fact.Staple {
	if len(raw) == 0 || len(chain) == 0 {
		return nil
	}
	answer, err := ocsp.ParseResponseForCert(raw, chain[0], certificate.Issuer(chain))
	if err != nil {
		return &fact.Staple{Status: "invalid"}
	}
	return &fact.Staple{Status: stapleStatus(answer.Status), ThisUpdate: answer.ThisUpdate.UTC(), NextUpdate: nextUpdate(answer)}
}

func stapleStatus(status int) string {
	switch status {
	case ocsp.Good:
		return "good"
	case ocsp.Revoked:
		return "revoked"
	}
	return "unknown"
}

// revocation is what a staple says, or what could be asked. A bad staple proves
// nothing, and the sources the certificate names are not asked: they belong to
// others, outside the scope.
func revocation(staple *fact.Staple, leaf fact.Certificate) fact.Revocation {
	switch {
	case staple != nil && staple.Status == "good":
		return fact.RevocationGood
	case staple != nil && staple.Status == "revoked":
		return fact.Revoked
	case len(leaf.OCSP)+len(leaf.CRL) == 0:
		return fact.RevocationNone
	}
	return fact.RevocationUnknown
}

func nextUpdate(answer *ocsp.Response) (next time.Time) {
	if !answer.NextUpdate.IsZero() {
		next = answer.NextUpdate.UTC()
	}
	return next
}

// stapledTimestamps counts the SCTs of a staple (RFC 6962 section 3.3).
func stapledTimestamps(raw []byte, chain []*x509.Certificate) int {
	if len(raw) == 0 {
		return 0
	}
	answer, err := ocsp.ParseResponse(raw, nil)
	if issuer := certificate.Issuer(chain); err != nil && issuer != nil {
		answer, err = ocsp.ParseResponseForCert(raw, chain[0], issuer)
	}
	if err != nil {
		return 0
	}
	return certificate.CountTimestamps(certificate.Timestamps(answer.Extensions, asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 5}))
}
