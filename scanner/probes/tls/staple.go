// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto/x509"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/ocsp"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
	"carescan/scanner/probes/internal/revocation"
)

// readStaple reads the OCSP answer sent with the handshake. It counts only when
// it is signed for this certificate (RFC 6960 section 3.2); without its issuer,
// only when the answer carries its own signer.
func readStaple(raw []byte, chain []*x509.Certificate) *fact.Staple {
	if len(raw) == 0 || len(chain) == 0 {
		return nil
	}
	answer, err := revocation.ReadOCSP(raw, chain[0], certificate.Issuer(chain))
	if err != nil {
		return &fact.Staple{Status: "invalid"}
	}
	return &fact.Staple{Status: stapleStatus(answer.Status), ThisUpdate: answer.ThisUpdate.UTC(), NextUpdate: answer.NextUpdate.UTC()}
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

// concluded is what the authorities that were asked say of the leaf, or a staple,
// or what could be asked. A bad staple proves nothing.
func concluded(f *fact.TLS, leaf fact.Certificate, at time.Time) fact.Revocation {
	told := fact.RevocationUnknown
	for _, a := range f.Authorities {
		if a.Certificate == leaf.Digest && a.Status == fact.Revoked {
			return fact.Revoked
		}
		if a.Certificate == leaf.Digest && a.Status == fact.RevocationGood && (a.NextUpdate.IsZero() || !at.After(a.NextUpdate)) {
			told = fact.RevocationGood
		}
	}
	staple := f.Staple
	switch {
	case told == fact.RevocationGood && (staple == nil || staple.Status != "revoked"):
		return told
	case staple != nil && staple.Status == "good":
		return fact.RevocationGood
	case staple != nil && staple.Status == "revoked":
		return fact.Revoked
	case len(leaf.OCSP)+len(leaf.CRL) == 0:
		return fact.RevocationNone
	}
	return fact.RevocationUnknown
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
