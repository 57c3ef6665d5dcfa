// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"crypto/dsa" //nolint:staticcheck // keys of the past are described
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
)

// curves are those that authorities outside the web use, and old ones, which Go
// does not know (RFC 5639 section 4.1, SEC 2 appendix A).
var curves = map[string]string{
	"1.3.36.3.3.2.8.1.1.1": "brainpoolP160r1", "1.3.36.3.3.2.8.1.1.3": "brainpoolP192r1", "1.3.36.3.3.2.8.1.1.5": "brainpoolP224r1",
	"1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1", "1.3.36.3.3.2.8.1.1.9": "brainpoolP320r1", "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
	"1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1", "1.2.840.10045.3.1.1": "P-192", "1.3.132.0.10": "secp256k1", "1.3.132.0.8": "secp160r1",
	"1.3.132.0.31": "secp192k1", "1.3.132.0.32": "secp224k1", "1.3.132.0.26": "sect233k1", "1.3.132.0.27": "sect233r1",
	"1.3.132.0.16": "sect283k1", "1.3.132.0.17": "sect283r1", "1.3.132.0.36": "sect409k1", "1.3.132.0.37": "sect409r1",
	"1.3.132.0.38": "sect571k1", "1.3.132.0.39": "sect571r1",
	// FRP256v1 of ANSSI (JORF n°241 of 16 October 2011).
	"1.2.250.1.223.101.256.1": "FRP256v1",
}

// describeKey names a key by its type and its size.
func describeKey(cert *x509.Certificate) string {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	case *dsa.PublicKey:
		return fmt.Sprintf("DSA %d", key.P.BitLen())
	}
	info, ok := readKeyInfo(cert.RawSubjectPublicKeyInfo)
	if !ok {
		return cert.PublicKeyAlgorithm.String()
	}
	id := info.Algorithm.Algorithm
	switch {
	case id.Equal(oidECDSA):
		return "ECDSA" + curveName(info.Algorithm.Parameters.FullBytes)
	case id.Equal(oidRSA) || id.Equal(oidRSAPSS):
		return "RSA" // too large, or no number
	case id.Equal(oidEd448):
		return "Ed448"
	}
	return id.String()
}

// oidEd448 is a key of RFC 8410 section 3.
var oidEd448 = asn1.ObjectIdentifier{1, 3, 101, 113}

// curveName names a known curve, after a space; others have no name here, and
// their identifier no size in it.
func curveName(parameters []byte) string {
	var curve asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(parameters, &curve); err != nil || curves[curve.String()] == "" {
		return ""
	}
	return " " + curves[curve.String()]
}

// oddities tells what a strict reader refuses the certificate for.
func oddities(cert *x509.Certificate) []string {
	_, odd, err := Parse(cert.Raw)
	if err != nil {
		return nil
	}
	return odd[:min(len(odd), maxOddities)]
}

// maxOddities is how many oddities of one certificate are kept.
const maxOddities = 10
