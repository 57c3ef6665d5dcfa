// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"carescan/cmd/aggregator/internal/keyfile"
)

// openKey reads a private key, making it at first use.
func openKey(path string) (crypto.Signer, error) {
	raw, err := keyfile.Once(path, 0o600, encodeNewKey)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("read %s: no key in PEM form", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read %s: the key is not ECDSA", path)
	}
	return key, nil
}

func encodeNewKey() ([]byte, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// OpenSecret reads the 32 secret bytes of a data folder that encrypt the
// second factors of people, drawing them at first use.
func OpenSecret(folder string) ([]byte, error) { return keyfile.Secret(folder, "account.key") }
