// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"carescan/cmd/internal/wire"
)

// Seal signs a receipt with the seal key of the region, and what it promises of the
// evidence log.
func (a *Authority) Seal(r wire.Receipt) (wire.Receipt, error) {
	id, err := keyID(a.seal.Public())
	if err != nil {
		return r, err
	}
	r.KeyID = id
	if r.Signature, err = a.signSeal(r.SignedBytes()); err != nil || r.Log == nil {
		return r, err
	}
	promise := *r.Log
	promise.Signature, err = a.signSeal(r.PromisedBytes())
	r.Log = &promise
	return r, err
}

func (a *Authority) signSeal(message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	signature, err := a.seal.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign receipt: %w", err)
	}
	return signature, nil
}
