// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

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

// Token makes the word that a person carries to a new agent.
func (a *Authority) Token(agentURL, secret string) string {
	return wire.Token{URL: agentURL, CAPin: a.Pin(), Secret: secret}.Encode()
}
