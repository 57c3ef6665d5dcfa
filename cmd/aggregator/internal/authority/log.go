// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"carescan/cmd/aggregator/internal/keyfile"
	"carescan/cmd/internal/proof"
)

// openLogKey reads the key that signs the checkpoints of the evidence log, and nothing
// else: Ed25519, which signed notes are made of and openssl verifies.
func openLogKey(path string) (ed25519.PrivateKey, error) {
	raw, err := keyfile.Once(path, 0o600, encodeNewLogKey)
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
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read %s: the key is not Ed25519", path)
	}
	return key, nil
}

func encodeNewLogKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// logKey signs the checkpoints of the evidence log of a region.
type logKey struct {
	signer   note.Signer
	verifier string
}

// openLog reads the key of the log of the region whose authority has a pin.
func openLog(path, pin string) (k logKey, err error) {
	key, err := openLogKey(path)
	if err != nil {
		return k, err
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return k, errors.New("the key of the log is not Ed25519")
	}
	origin := proof.Origin(pin)
	if k.signer, err = proof.Signer(origin, key); err != nil {
		return k, err
	}
	k.verifier, err = proof.VerifierKey(origin, public)
	return k, err
}

// LogSigner signs the checkpoints of the evidence log.
func (a *Authority) LogSigner() note.Signer { return a.log.signer }

// LogKey is the public key of the evidence log, as signed notes write it.
func (a *Authority) LogKey() string { return a.log.verifier }
