// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

var errNothingToReplace = errors.New("nothing in the certificate can be replaced so")

// OddCertificate makes of a certificate another one, as the standard library makes
// none: the same with some bytes replaced, as long as those they replace, and
// signed again. The key is one of ECDSA, and the hash SHA-256.
func OddCertificate(der []byte, key crypto.Signer, replaced, by []byte) ([]byte, error) {
	var parts struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &parts); err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	if !bytes.Contains(parts.TBS.FullBytes, replaced) || len(replaced) != len(by) {
		return nil, fmt.Errorf("%q by %q: %w", replaced, by, errNothingToReplace)
	}
	odd := bytes.ReplaceAll(parts.TBS.FullBytes, replaced, by)
	digest := sha256.Sum256(odd)
	signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign the certificate again: %w", err)
	}
	parts.TBS, parts.Signature = asn1.RawValue{FullBytes: odd}, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	made, err := asn1.Marshal(parts)
	if err != nil {
		return nil, fmt.Errorf("write the certificate: %w", err)
	}
	return made, nil
}

// withNegativeSerial gives a certificate the serial number of a device that draws
// sixteen bytes and forgets their sign (RFC 5280 section 4.1.2.2: positive).
func (h *Hospital) withNegativeSerial(sound tls.Certificate) (tls.Certificate, error) {
	leaf := *sound.Leaf
	written, err := asn1.Marshal(leaf.SerialNumber)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("write a serial number: %w", err)
	}
	negative := bytes.Clone(written)
	negative[2] |= 0x80 // the first byte after the type and the length
	leaf.SerialNumber = new(big.Int)
	if _, err = asn1.Unmarshal(negative, &leaf.SerialNumber); err != nil {
		return tls.Certificate{}, fmt.Errorf("read a serial number: %w", err)
	}
	odd, err := OddCertificate(leaf.Raw, h.ca.key, written, negative)
	if err != nil {
		return tls.Certificate{}, err
	}
	staple, err := h.vouch(&leaf)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{odd, h.ca.certificate.Raw}, PrivateKey: sound.PrivateKey, OCSPStaple: staple}, nil
}
