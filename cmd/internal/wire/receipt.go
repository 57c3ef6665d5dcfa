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
	// Log is what is promised of the evidence log; nil from a region that had none. It
	// has a signature of its own, because older agents verify the other without it.
	Log *LogPromise `json:"log,omitempty"`
}

// SignedBytes are the bytes that the signature of a receipt covers.
func (r Receipt) SignedBytes() []byte {
	return fmt.Appendf(nil, "carescan-receipt/1\n%s\n%s\n%s\n%s\n",
		r.BundleID, r.Digest, r.FINESS, r.ReceivedAt.UTC().Format(time.RFC3339Nano))
}

// Verify tells whether the seal key of a region, PEM, signed the receipt.
func (r Receipt) Verify(sealKey string) error {
	key, err := parseSealKey(sealKey)
	if err != nil {
		return err
	}
	if !signed(key, r.SignedBytes(), r.Signature) {
		return errors.New("verify receipt: the seal key of the region did not sign it")
	}
	if r.Log != nil && !signed(key, r.PromisedBytes(), r.Log.Signature) {
		return errors.New("verify receipt: the seal key of the region did not sign what it says of the log")
	}
	return nil
}

func parseSealKey(sealKey string) (*ecdsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(sealKey))
	if block == nil {
		return nil, errors.New("verify receipt: no seal key of the region is known")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("verify receipt: read seal key of the region: %w", err)
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("verify receipt: seal key of the region is a %T, not ECDSA", parsed)
	}
	return key, nil
}

// signed tells whether a key signed some bytes.
func signed(key *ecdsa.PublicKey, message, signature []byte) bool {
	sum := sha256.Sum256(message)
	return ecdsa.VerifyASN1(key, sum[:], signature)
}
