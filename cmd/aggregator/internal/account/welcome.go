// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"time"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/store"
)

// Offer is what a one-time link offers the person it was made for.
type Offer struct {
	Name   string
	Email  string
	Secret string // of the second factor, to type by hand
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
	secret, err := a.Reveal(u.ID, link.TOTPSealed)
	return Offer{u.Name, u.Email, secret, link}, err
}

// Picture is the second factor of an offer as a PNG to scan.
func (a *Accounts) Picture(o Offer) ([]byte, error) { return o.picture(a.issuer) }

// Accept sets the password and the second factor of a person, once a code
// proves that the second factor is in their hands. Origin is where they come from.
func (a *Accounts) Accept(ctx context.Context, o Offer, password, code, origin string) (store.User, error) {
	hash, step, err := a.prepare(ctx, o, password, code)
	if err != nil {
		return store.User{}, err
	}
	err = a.store.SpendLink(ctx, o.link, hash, step, time.Now())
	if errors.Is(err, store.ErrNotFound) {
		return store.User{}, ErrLink
	}
	if err != nil {
		return store.User{}, err
	}
	u, err := a.store.User(ctx, o.link.UserID)
	if err != nil {
		return u, err
	}
	return u, a.enter(ctx, u, origin, "")
}

// prepare checks what the person chose, before the link is used up.
func (a *Accounts) prepare(ctx context.Context, o Offer, password, code string) (hash string, step int64, err error) {
	if err := acceptPassword(password); err != nil {
		return "", 0, err
	}
	step, err = stepOf(o.Secret, code, time.Now())
	if err != nil {
		return "", 0, err
	}
	if step == 0 {
		return "", 0, ErrCode
	}
	hash, err = a.hash(ctx, password)
	return hash, step, err
}
