// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// TokenLife is how long a token waits for its agent.
const TokenLife = 72 * time.Hour

// Secret draws a secret of 256 bits, as one word.
func Secret() (string, error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("draw secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// HashSecret is what is kept of a secret. A plain hash is enough: 256 bits
// drawn by chance cannot be guessed.
func HashSecret(secret string) string { return scanner.Digest([]byte(secret)) }

// Invitation is a token to make.
type Invitation struct {
	FINESS    scanner.FINESS
	AgentURL  string
	CreatedBy string
	Approve   bool // the agent waits until a person approves it
}

// Invite makes the word that a person carries to a new agent of one
// establishment. It is told once: only the hash of its secret is kept.
func (a *Authority) Invite(ctx context.Context, s *store.Store, i Invitation) (word string, expires time.Time, err error) {
	secret, err := Secret()
	if err != nil {
		return "", expires, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", expires, fmt.Errorf("name token: %w", err)
	}
	now := time.Now()
	expires = now.Add(TokenLife)
	err = s.AddEnrolToken(ctx, store.EnrolToken{
		ID: id.String(), FINESS: i.FINESS, Hash: HashSecret(secret), Approve: i.Approve, CreatedBy: i.CreatedBy, CreatedAt: now, ExpiresAt: expires,
	})
	return wire.Token{URL: i.AgentURL, CAPin: a.Pin(), Secret: secret}.Encode(), expires, err
}
