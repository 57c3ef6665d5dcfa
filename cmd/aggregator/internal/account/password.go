// SPDX-License-Identifier: Apache-2.0

package account

import (
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

func (a *Accounts) hash(password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	return a.write(password, salt), nil
}

func (a *Accounts) write(password string, salt []byte) string {
	a.hashing <- struct{}{}
	defer func() { <-a.hashing }()
	sum := argon2.IDKey([]byte(password), salt, passes, memoryKiB, lanes, hashBytes)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, lanes, encode(salt), encode(sum))
}

// matches compares a password with a hash. Without a hash it takes as long and
// says no, so that time does not tell which addresses exist.
func (a *Accounts) matches(password, hash string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || len(password) > maxPassword*utf8.UTFMax {
		a.write("", make([]byte, saltBytes))
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	return err == nil && subtle.ConstantTimeCompare([]byte(a.write(password, salt)), []byte(hash)) == 1
}
