// SPDX-License-Identifier: Apache-2.0

// Package keyfile keeps the secrets of a region, one file each in its folder of keys:
// drawn at first use, and refused when more people may read them than was decided.
package keyfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"carescan/cmd/internal/cli"
)

// secretSize is the length of a secret, in bytes.
const secretSize = 32

// Folder is where the keys of a data folder are, made at first use.
func Folder(data string) (string, error) {
	folder := filepath.Join(data, "keys")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make key folder: %w", err)
	}
	return folder, nil
}

// Secret reads 32 secret bytes of a data folder, drawing them at first use.
func Secret(data, name string) ([]byte, error) {
	folder, err := Folder(data)
	if err != nil {
		return nil, err
	}
	secret, err := Once(filepath.Join(folder, name), 0o600, func() ([]byte, error) {
		drawn := make([]byte, secretSize)
		_, err := rand.Read(drawn)
		return drawn, err
	})
	if err == nil && len(secret) != secretSize {
		err = fmt.Errorf("secret %s has %d bytes, not %d", name, len(secret), secretSize)
	}
	return secret, err
}

// Once returns what a file holds, making its content first when there is
// none. Of two programs that come at once, the second reads what the first
// wrote: a link never replaces a file.
func Once(path string, mode os.FileMode, content func() ([]byte, error)) ([]byte, error) {
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
