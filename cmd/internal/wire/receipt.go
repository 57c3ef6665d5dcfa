// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"carescan/scanner"
)

// Receipt proves that the aggregator holds a bundle. Signature is by the seal
// key of the region over SignedBytes.
type Receipt struct {
	BundleID   string         `json:"bundle_id"`
	Digest     string         `json:"digest"` // of the sealed bytes, "sha256:…"
	FINESS     scanner.FINESS `json:"finess"`
	ReceivedAt time.Time      `json:"received_at"`
	KeyID      string         `json:"key_id"`
	Signature  []byte         `json:"signature"` // ECDSA P-256, ASN.1, over the SHA-256 of SignedBytes
}

// SignedBytes are the bytes that the signature of a receipt covers.
func (r Receipt) SignedBytes() []byte {
	return fmt.Appendf(nil, "carescan-receipt/1\n%s\n%s\n%s\n%s\n",
		r.BundleID, r.Digest, r.FINESS, r.ReceivedAt.UTC().Format(time.RFC3339Nano))
}

// Verify tells whether the seal key of a region, PEM, signed the receipt.
func (r Receipt) Verify(sealKey string) error {
	block, _ := pem.Decode([]byte(sealKey))
	if block == nil {
		return errors.New("verify receipt: no seal key of the region is known")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return fmt.Errorf("verify receipt: read seal key of the region: %w", err)
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return fmt.Errorf("verify receipt: seal key of the region is a %T, not ECDSA", parsed)
	}
	sum := sha256.Sum256(r.SignedBytes())
	if !ecdsa.VerifyASN1(key, sum[:], r.Signature) {
		return errors.New("verify receipt: the seal key of the region did not sign it")
	}
	return nil
}
