// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"carescan/cmd/internal/cli"
)

// openKey reads a private key, making it at first use.
func openKey(path string) (crypto.Signer, error) {
	raw, err := keepOnce(path, 0o600, encodeNewKey)
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
func OpenSecret(folder string) ([]byte, error) {
	folder = filepath.Join(folder, "keys")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make key folder: %w", err)
	}
	return keepOnce(filepath.Join(folder, "account.key"), 0o600, func() ([]byte, error) {
		secret := make([]byte, 32)
		_, err := rand.Read(secret)
		return secret, err
	})
}

// keepOnce returns what a file holds, making its content first when there is
// none. Of two programs that come at once, the second reads what the first
// wrote: a link never replaces a file.
func keepOnce(path string, mode os.FileMode, content func() ([]byte, error)) ([]byte, error) {
	raw, err := readPrivate(path, mode)
	if !errors.Is(err, fs.ErrNotExist) {
		return raw, err
	}
	made, err := content()
	if err != nil {
		return nil, err
	}
	if err := linkOnce(path, mode, made); err != nil {
		return nil, fmt.Errorf("keep %s: %w", path, err)
	}
	return readPrivate(path, mode)
}

func linkOnce(path string, mode os.FileMode, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // its content stays under the other name
	_, err = file.Write(content)
	if err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// readPrivate refuses a file that more people may read than was decided.
func readPrivate(path string, mode os.FileMode) ([]byte, error) {
	if err := cli.CheckRights(path, fs.ModePerm&^mode); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return raw, nil
}
