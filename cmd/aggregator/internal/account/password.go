// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The price of a password: argon2id with 19 MiB, two passes, one lane (OWASP
// Password Storage Cheat Sheet).
const (
	memoryKiB = 19 << 10
	passes    = 2
	lanes     = 1
	saltBytes = 16
	hashBytes = 32
)

// The bounds of a password. With a second factor and slow guessing, twelve
// characters are enough (ANSSI, recommandations relatives à l'authentification
// multifacteur et aux mots de passe, 2021).
const (
	minPassword  = 12
	maxPassword  = 128
	minDifferent = 6
)

func acceptPassword(password string) error {
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword || len(different) < minDifferent {
		return ErrPassword
	}
	return nil
}

// hash writes a password down, for somebody who has a link.
func (a *Accounts) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	leave, err := a.hashing.join(true)
	if err != nil {
		return "", err
	}
	defer leave()
	return a.write(ctx, password, salt)
}

// write hashes a password for somebody of the queue.
func (a *Accounts) write(ctx context.Context, password string, salt []byte) (string, error) {
	end, err := a.hashing.begin(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	sum := argon2.IDKey([]byte(password), salt, passes, memoryKiB, lanes, hashBytes)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, lanes, encode(salt), encode(sum)), nil
}

// matches compares the password of somebody of the queue with a hash. Without a hash it takes as long and
// says no, so that time does not tell which addresses exist.
func (a *Accounts) matches(ctx context.Context, password, hash string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || len(password) > maxPassword*utf8.UTFMax {
		_, err := a.write(ctx, "", make([]byte, saltBytes))
		return false, err
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("read the salt of a password: %w", err)
	}
	written, err := a.write(ctx, password, salt)
	return err == nil && subtle.ConstantTimeCompare([]byte(written), []byte(hash)) == 1, err
}
