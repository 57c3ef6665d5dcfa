// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxBytes is the most that one certificate may weigh: as many as the largest
// message of a handshake that is read.
const maxBytes = 256 << 10

// maxExtensions is how many extensions of a repaired certificate are read.
const maxExtensions = 64

var errMalformed = errors.New("the certificate is not well formed")

// Parse reads a certificate. What the standard library refuses and clients accept
// (RFC 5280 section 4.1.2.2 asks them to handle such certificates gracefully) is
// read from a repaired copy: the bytes that are signed, named and hashed stay
// those of the original. What was repaired is told by the words of fact.
//
// The key is nil when its kind is not known.
func Parse(der []byte) (*x509.Certificate, []string, error) {
	cert, err := x509.ParseCertificate(der)
	if err == nil && cert.SerialNumber.Sign() >= 0 { // a program may be told to let it be negative
		completeKey(cert)
		return cert, nil, nil
	}
	p, ok := split(der)
	if !ok || len(der) > maxBytes {
		return nil, nil, errMalformed
	}
	repaired, err := p.repair()
	if err != nil {
		return nil, nil, err
	}
	return p.restore(repaired), p.oddities, nil
}

// ParseChain reads the certificates sent, the leaf first, and counts those that
// nothing could be read of. Without its leaf a chain is nothing.
func ParseChain(sent [][]byte) (chain []*x509.Certificate, unread int) {
	weight := 0
	for i, der := range sent {
		weight += len(der)
		if weight > maxBytes {
			return chain, unread + len(sent) - i
		}
		cert, _, err := Parse(der)
		switch {
		case err == nil:
			chain = append(chain, cert)
		case i == 0:
			return nil, len(sent)
		default:
			unread++
		}
	}
	return chain, unread
}

// Raw gives the bytes of certificates.
func Raw(chain []*x509.Certificate) [][]byte {
	var sent [][]byte
	for _, cert := range chain {
		sent = append(sent, cert.Raw)
	}
	return sent
}

// restore gives a certificate read from a repaired copy the bytes of the original.
func (p *parts) restore(cert *x509.Certificate) *x509.Certificate {
	cert.Raw, cert.RawTBSCertificate = p.raw, p.tbs
	cert.RawIssuer, cert.RawSubject, cert.RawSubjectPublicKeyInfo = p.own.issuer, p.own.subject, p.own.key
	cert.UnhandledCriticalExtensions = append(cert.UnhandledCriticalExtensions, p.unhandled...)
	cert.SerialNumber = signed(p.own.serial)
	completeKey(cert)
	return cert
}

// signed reads an INTEGER, which may be negative or too long.
func signed(element cryptobyte.String) *big.Int {
	var digits cryptobyte.String
	number := new(big.Int)
	if !element.ReadASN1(&digits, cryptobyte_asn1.INTEGER) || len(digits) == 0 {
		return number
	}
	number.SetBytes(digits)
	if digits[0]&0x80 != 0 { // two's complement
		number.Sub(number, new(big.Int).Lsh(big.NewInt(1), uint(len(digits))*8))
	}
	return number
}

// maxRSA is the largest key of RSA that is computed with, in bits, as for OpenSSL:
// a larger one would keep whoever checks its signatures busy.
const maxRSA = 16384

// completeKey reads a key that is marked for PSS alone (RFC 4055 section 1.2),
// which the library does not, and leaves a giant one.
func completeKey(cert *x509.Certificate) {
	info, ok := readKeyInfo(cert.RawSubjectPublicKeyInfo)
	if ok && cert.PublicKey == nil && info.Algorithm.Algorithm.Equal(oidRSAPSS) {
		if key, err := x509.ParsePKCS1PublicKey(info.Key.Bytes); err == nil {
			cert.PublicKey, cert.PublicKeyAlgorithm = key, x509.RSA
		}
	}
	if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSA {
		cert.PublicKey, cert.PublicKeyAlgorithm = nil, x509.UnknownPublicKeyAlgorithm
	}
}
