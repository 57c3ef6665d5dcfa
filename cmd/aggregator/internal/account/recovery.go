// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"strings"
	"time"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/store"
)

// A recovery code stands in for the second factor of a person who lost it, once: 80 bits
// drawn by chance, too many to be guessed from a plain hash.
const (
	recoveryCodes  = 10
	recoveryBytes  = 10
	recoveryLength = 16 // letters and digits
)

// newRecoveryCodes draws the codes of a person, to be shown once, and what is kept of them.
func newRecoveryCodes() (codes, hashes []string) {
	for range recoveryCodes {
		raw := make([]byte, recoveryBytes)
		_, _ = rand.Read(raw) // never fails (crypto/rand)
		word := strings.ToLower(base32.StdEncoding.EncodeToString(raw))
		codes = append(codes, word[:4]+"-"+word[4:8]+"-"+word[8:12]+"-"+word[12:])
		hashes = append(hashes, authority.HashSecret(word))
	}
	return codes, hashes
}

// plainRecovery is a code as it was drawn, however a person writes it.
func plainRecovery(code string) string {
	return strings.ToLower(strings.NewReplacer("-", "", " ", "", "\u00a0", "").Replace(code))
}

// IsRecoveryCode tells a recovery code from one of an authenticator application.
func IsRecoveryCode(code string) bool { return len(plainRecovery(code)) == recoveryLength }

func (a *Accounts) spendRecoveryCode(ctx context.Context, u store.User, code string) error {
	err := a.store.SpendRecoveryCode(ctx, u.ID, authority.HashSecret(plainRecovery(code)), time.Now())
	if errors.Is(err, store.ErrNotFound) {
		return ErrRefused
	}
	return err
}

// RenewRecoveryCodes gives a person new recovery codes; older ones are worth nothing.
func (a *Accounts) RenewRecoveryCodes(ctx context.Context, user string) (codes []string, err error) {
	codes, hashes := newRecoveryCodes()
	return codes, a.store.SetRecoveryCodes(ctx, user, hashes)
}
