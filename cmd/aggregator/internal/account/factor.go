// SPDX-License-Identifier: Apache-2.0

package account

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"image/png"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// The second factor is TOTP (RFC 6238) as every authenticator application
// reads it: SHA-1, six digits, thirty seconds.
const stepSeconds = 30

// newFactor draws a second factor and encrypts it for one person.
func (a *Accounts) newFactor(user string) (sealed string, err error) {
	raw := make([]byte, 20) // as RFC 4226 section 4 recommends
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("draw second factor: %w", err)
	}
	return a.Conceal(user, base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)), nil
}

// Conceal encrypts a secret for one person, so that it may be kept.
func (a *Accounts) Conceal(user, secret string) (sealed string) {
	return base64.StdEncoding.EncodeToString(a.sealer.Seal(nil, nil, []byte(secret), []byte(user))) //nolint:gosec // this sealer draws its own nonce
}

// Reveal decrypts a secret that was concealed for a person.
func (a *Accounts) Reveal(user, sealed string) (secret string, err error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", fmt.Errorf("read a secret of %s: %w", user, err)
	}
	plain, err := a.sealer.Open(nil, nil, raw, []byte(user))
	if err != nil {
		return "", fmt.Errorf("read a secret of %s: it was encrypted with another key", user)
	}
	return string(plain), nil
}

// stepOf finds the time step that a code belongs to: the present one or a
// neighbour, as RFC 6238 section 5.2 allows. 0 means none.
func stepOf(secret, code string, now time.Time) (int64, error) {
	code = strings.ReplaceAll(code, " ", "")
	found := int64(0)
	for _, drift := range []time.Duration{-stepSeconds * time.Second, 0, stepSeconds * time.Second} {
		at := now.Add(drift)
		want, err := totp.GenerateCode(secret, at)
		if err != nil {
			return 0, fmt.Errorf("compute code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found = at.Unix() / stepSeconds
		}
	}
	return found, nil
}

// picture draws what an authenticator application scans.
func (o Offer) picture(issuer string) ([]byte, error) {
	query := url.Values{"secret": {o.Secret}, "issuer": {issuer}}
	key, err := otp.NewKeyFromURL("otpauth://totp/" + url.PathEscape(issuer+":"+o.Email) + "?" + strings.ReplaceAll(query.Encode(), "+", "%20"))
	if err != nil {
		return nil, fmt.Errorf("draw second factor: %w", err)
	}
	picture, err := key.Image(240, 240)
	if err != nil {
		return nil, fmt.Errorf("draw second factor: %w", err)
	}
	var out bytes.Buffer
	err = png.Encode(&out, picture)
	return out.Bytes(), err
}
