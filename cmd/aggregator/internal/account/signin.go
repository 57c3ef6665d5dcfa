// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"carescan/cmd/aggregator/internal/store"
)

// How many failures are borne within the window: of one account from one
// address, of one address, and of one account from everywhere.
const (
	failureWindow  = 15 * time.Minute
	maxPerPair     = 5
	maxPerAddress  = 30
	maxPerAccount  = 50
	maxEmailLength = 320
)

// Proof is what a person gives to sign in.
type Proof struct {
	Email    string
	Password string
	Code     string
	IP       string
}

type bound struct {
	subject string
	most    int
}

func (p Proof) bounds() []bound {
	return []bound{
		{"pair " + p.IP + " " + p.Email, maxPerPair},
		{"address " + p.IP, maxPerAddress},
		{"account " + p.Email, maxPerAccount},
	}
}

// SignIn tells who gave the proof: ErrRefused whatever was wrong in it,
// ErrTooMany when it was wrong too often.
func (a *Accounts) SignIn(ctx context.Context, p Proof) (store.User, error) {
	p.Email = strings.ToLower(strings.TrimSpace(p.Email))
	if len(p.Email) > maxEmailLength {
		return store.User{}, ErrRefused
	}
	if err := a.checkRhythm(ctx, p); err != nil {
		return store.User{}, err
	}
	u, err := a.prove(ctx, p)
	if errors.Is(err, ErrRefused) {
		return store.User{}, errors.Join(err, a.countFailure(ctx, p))
	}
	return u, err
}

func (a *Accounts) prove(ctx context.Context, p Proof) (store.User, error) {
	u, err := a.store.UserByEmail(ctx, p.Email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return u, err
	}
	if !a.matches(p.Password, u.PasswordHash) {
		return u, ErrRefused
	}
	secret, err := a.Reveal(u.ID, u.TOTPSealed)
	if err != nil {
		return u, err
	}
	step, err := stepOf(secret, p.Code, time.Now())
	if err != nil {
		return u, err
	}
	err = a.store.SpendTOTPStep(ctx, u.ID, step)
	if errors.Is(err, store.ErrNotFound) {
		err = ErrRefused // step 0, or a code used before
	}
	return u, err
}

func (a *Accounts) checkRhythm(ctx context.Context, p Proof) error {
	for _, b := range p.bounds() {
		n, err := a.store.SignInFailures(ctx, b.subject, time.Now().Add(-failureWindow))
		if err != nil {
			return err
		}
		if n >= b.most {
			return ErrTooMany
		}
	}
	return nil
}

func (a *Accounts) countFailure(ctx context.Context, p Proof) error {
	var subjects []string
	for _, b := range p.bounds() {
		subjects = append(subjects, b.subject)
	}
	now := time.Now()
	return a.store.AddSignInFailure(ctx, subjects, now, now.Add(-failureWindow))
}
