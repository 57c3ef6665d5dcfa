// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // signatures of the past are read
	"crypto/ecdsa"
	_ "crypto/md5" //nolint:gosec // the same
	"crypto/rsa"
	_ "crypto/sha1"   //nolint:gosec // the same
	_ "crypto/sha256" // SHA-224
	"crypto/x509"
	"encoding/asn1"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// oldAlgorithm is a way of signing that the standard library does not compute, or
// no more.
type oldAlgorithm struct {
	name string
	hash crypto.Hash
}

// oldAlgorithms are known by their identifier (RFC 3279 section 2.2, RFC 5758
// sections 3.1 and 3.2, RFC 4055 section 5).
var oldAlgorithms = map[string]oldAlgorithm{
	"1.2.840.113549.1.1.4":   {"MD5-RSA", crypto.MD5},
	"1.2.840.113549.1.1.5":   {"SHA1-RSA", crypto.SHA1},
	"1.3.14.3.2.29":          {"SHA1-RSA", crypto.SHA1},
	"1.2.840.113549.1.1.14":  {"SHA224-RSA", crypto.SHA224},
	"1.2.840.10045.4.1":      {"ECDSA-SHA1", crypto.SHA1},
	"1.2.840.10045.4.3.1":    {"ECDSA-SHA224", crypto.SHA224},
	"1.2.840.10040.4.3":      {"DSA-SHA1", crypto.SHA1},
	"2.16.840.1.101.3.4.3.1": {"DSA-SHA224", crypto.SHA224},
	"2.16.840.1.101.3.4.3.2": {"DSA-SHA256", crypto.SHA256},
}

// oldSignature finds how a certificate was signed, when that is an old way.
func oldSignature(c *x509.Certificate) (oldAlgorithm, bool) {
	p, ok := split(c.Raw)
	if !ok {
		return oldAlgorithm{}, false
	}
	return oldNamed(p.outer)
}

// oldNamed finds an old way of signing by its AlgorithmIdentifier.
func oldNamed(identifier cryptobyte.String) (oldAlgorithm, bool) {
	var body cryptobyte.String
	var id asn1.ObjectIdentifier
	if !identifier.ReadASN1(&body, cryptobyte_asn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&id) {
		return oldAlgorithm{}, false
	}
	old, found := oldAlgorithms[id.String()]
	return old, found
}

func isOld(c *x509.Certificate) bool {
	_, old := oldSignature(c)
	return old
}

// describeSignature names the way a certificate was signed; a number when it has
// no name here.
func describeSignature(c *x509.Certificate) string {
	if old, found := oldSignature(c); found {
		return old.name
	}
	return c.SignatureAlgorithm.String()
}

// signatureHolds tells whether one certificate signed another, by an old way too.
func signatureHolds(issuer, c *x509.Certificate) bool {
	p, ok := split(c.Raw)
	return ok && Signed(issuer, p.outer, c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
}

// Signed tells whether the key of a certificate made a signature over a text, by
// an AlgorithmIdentifier, which the standard library knows as a number when it is
// not an old way.
func Signed(issuer *x509.Certificate, identifier []byte, number x509.SignatureAlgorithm, text, signature []byte) bool {
	old, found := oldNamed(identifier)
	if !found {
		return issuer.CheckSignature(number, text, signature) == nil
	}
	h := old.hash.New()
	h.Write(text)
	digest := h.Sum(nil)
	switch key := issuer.PublicKey.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, old.hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, signature)
	case *dsa.PublicKey:
		return dsaHolds(key, digest, signature)
	}
	return false
}

// maxDSA is the largest modulus of DSA that is computed with, in bits (FIPS 186-4
// section 4.2).
const maxDSA = 3072

// dsaHolds reads a signature of RFC 3279 section 2.2.2, and checks it.
func dsaHolds(key *dsa.PublicKey, digest, signature []byte) bool {
	var pair struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(signature, &pair)
	if err != nil || len(rest) > 0 || key.P.BitLen() > maxDSA || key.Q.BitLen() > 256 {
		return false
	}
	return dsa.Verify(key, digest[:min(len(digest), (key.Q.BitLen()+7)/8)], pair.R, pair.S)
}
