// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"carescan/cmd/internal/wire"
)

// Seal signs a receipt with the seal key of the region.
func (a *Authority) Seal(r wire.Receipt) (wire.Receipt, error) {
	id, err := keyID(a.seal.Public())
	if err != nil {
		return r, err
	}
	r.KeyID = id
	sum := sha256.Sum256(r.SignedBytes())
	r.Signature, err = a.seal.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return r, fmt.Errorf("sign receipt: %w", err)
	}
	return r, nil
}
