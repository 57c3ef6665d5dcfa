// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/store"
)

// Offer is what a one-time link offers the person it was made for.
type Offer struct {
	Name   string
	Email  string
	Secret string // of the second factor, to type by hand
	user   store.User
	link   store.Link
}

// Welcome reads a one-time link without using it up.
func (a *Accounts) Welcome(ctx context.Context, code string) (Offer, error) {
	link, err := a.store.Link(ctx, authority.HashSecret(code), time.Now())
	if errors.Is(err, store.ErrNotFound) {
		return Offer{}, ErrLink
	}
	if err != nil {
		return Offer{}, err
	}
	u, err := a.store.User(ctx, link.UserID)
	if err != nil {
		return Offer{}, err
	}
	if !u.DisabledAt.IsZero() {
		return Offer{}, ErrLink
	}
	secret, err := a.Reveal(u.ID, link.TOTPSealed)
	return Offer{u.Name, u.Email, secret, u, link}, err
}

// Picture is the second factor of an offer as a PNG to scan.
func (a *Accounts) Picture(o Offer) ([]byte, error) { return o.picture(a.issuer) }

// Choice is what a person chooses by their link: a password, and a second factor that
// proves to be in their hands.
type Choice struct {
	Password string
	Code     string // shown by the authenticator application now
	Passkey  *store.Passkey
	Origin   string // that they come from, as gate.Origin writes it
}

// Accept gives a person the secrets they chose, and recovery codes to be shown once.
func (a *Accounts) Accept(ctx context.Context, o Offer, c Choice) (u store.User, recovery []string, err error) {
	secrets, err := a.prepare(ctx, o, c)
	if err != nil {
		return u, nil, err
	}
	recovery, secrets.Recovery = newRecoveryCodes()
	err = a.store.SpendLink(ctx, o.link, secrets, time.Now())
	if errors.Is(err, store.ErrNotFound) {
		return u, nil, ErrLink
	}
	if err != nil {
		return u, nil, err
	}
	if u, err = a.store.User(ctx, o.link.UserID); err != nil {
		return u, nil, err
	}
	return u, recovery, a.enter(ctx, u, c.Origin, "")
}

// prepare checks what the person chose, before the link is used up.
func (a *Accounts) prepare(ctx context.Context, o Offer, c Choice) (s store.Secrets, err error) {
	if err := acceptPassword(c.Password); err != nil {
		return s, err
	}
	s.Epoch, s.Passkey = uuid.NewString(), c.Passkey
	if c.Passkey == nil {
		s.TOTPSealed = o.link.TOTPSealed
		if s.TOTPStep, err = stepOf(o.Secret, c.Code, time.Now()); err != nil {
			return s, err
		}
		if s.TOTPStep == 0 {
			return s, ErrCode
		}
	}
	s.PasswordHash, err = a.hash(ctx, c.Password)
	return s, err
}
