// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/store"
)

// How many attempts are borne within the window, those that succeed apart: of one account
// from one origin, of one origin, and of one account from everywhere.
//
// A person who comes from where they usually sign in is held by the first alone, so that
// no stranger elsewhere can lock them out, nor one who tries other accounts beside them.
const (
	attemptWindow  = 15 * time.Minute
	maxPerPair     = 5
	maxPerOrigin   = 30
	maxPerAccount  = 50
	maxEmailLength = 320
	usualFor       = 90 * 24 * time.Hour // since the last sign-in
)

// Proof is what a person gives to sign in.
type Proof struct {
	Email    string
	Password string
	Code     string
	Origin   string // that the person comes from, as gate.Origin writes it
}

// attempt is what a proof counts for, and what may refuse it, before it is looked at.
func (p Proof) attempt(id string, now time.Time, usual bool) store.Attempt {
	since := now.Add(-attemptWindow)
	bounds := []store.Bound{
		{Subject: "pair " + p.Origin + " " + p.Email, Since: since, Most: maxPerPair},
		{Subject: "origin " + p.Origin, Since: since, Most: maxPerOrigin},
		{Subject: "account " + p.Email, Since: since, Most: maxPerAccount},
	}
	a := store.Attempt{ID: id, At: now, Bounds: bounds}
	for _, b := range bounds {
		a.Subjects = append(a.Subjects, b.Subject)
	}
	if usual {
		a.Bounds = bounds[:1]
	}
	return a
}

// SignIn tells who gave the proof: ErrRefused whatever was wrong in it, ErrTooMany when
// too many were, ErrBusy when there is no time to look at it now.
func (a *Accounts) SignIn(ctx context.Context, p Proof) (store.User, error) {
	p.Email = strings.ToLower(strings.TrimSpace(p.Email))
	if len(p.Email) > maxEmailLength {
		return store.User{}, ErrRefused
	}
	now := time.Now()
	u, usual, err := a.expected(ctx, p, now)
	if err != nil {
		return u, err
	}
	leave, err := a.hashing.join(usual)
	if err != nil {
		return u, err
	}
	defer leave()
	attempt := p.attempt(uuid.NewString(), now, usual)
	if err := a.store.ReserveSignIn(ctx, attempt, now.Add(-attemptWindow)); err != nil {
		return u, asTooMany(err)
	}
	err = a.prove(ctx, u, p)
	// Whoever hangs up before the answer is counted all the same.
	ctx = context.WithoutCancel(ctx)
	switch {
	case errors.Is(err, ErrBusy):
		return u, errors.Join(err, a.store.WithdrawSignIn(ctx, attempt.ID))
	case err != nil:
		return u, err
	}
	return u, a.enter(ctx, u, p.Origin, attempt.ID)
}

// expected is the person that a proof names, the zero one when nobody bears that
// address, and whether they usually come from there.
func (a *Accounts) expected(ctx context.Context, p Proof, now time.Time) (u store.User, usual bool, err error) {
	u, err = a.store.UserByEmail(ctx, p.Email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return u, false, err
	}
	usual, err = a.store.IsUsual(ctx, u.ID, p.Origin, now.Add(-usualFor))
	return u, usual, err
}

func (a *Accounts) prove(ctx context.Context, u store.User, p Proof) error {
	ok, err := a.matches(ctx, p.Password, u.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return ErrRefused
	}
	if !u.DisabledAt.IsZero() {
		return ErrRefused
	}
	return a.spendCode(ctx, u, p.Code)
}

// spendCode takes a code of the second factor of a person, or a recovery code in its
// place; each serves once.
func (a *Accounts) spendCode(ctx context.Context, u store.User, code string) error {
	if IsRecoveryCode(code) {
		return a.spendRecoveryCode(ctx, u, code)
	}
	if u.TOTPSealed == "" {
		return ErrRefused
	}
	secret, err := a.Reveal(u.ID, u.TOTPSealed)
	if err != nil {
		return err
	}
	step, err := stepOf(secret, code, time.Now())
	if err != nil {
		return err
	}
	err = a.store.SpendTOTPStep(ctx, u.ID, step)
	if errors.Is(err, store.ErrNotFound) {
		err = ErrRefused // step 0, or a code used before
	}
	return err
}

// Confirm has a person who is signed in prove their second factor once more: ErrRefused
// when the code is not theirs, ErrTooMany when too many were not.
func (a *Accounts) Confirm(ctx context.Context, u store.User, code, origin string) error {
	now := time.Now()
	p := Proof{Email: u.Email, Code: code, Origin: origin}
	attempt := p.attempt(uuid.NewString(), now, true)
	if err := a.store.ReserveSignIn(ctx, attempt, now.Add(-attemptWindow)); err != nil {
		return asTooMany(err)
	}
	if err := a.spendCode(ctx, u, p.Code); err != nil {
		return err
	}
	return a.store.WithdrawSignIn(ctx, attempt.ID)
}

// enter remembers where a person came from.
func (a *Accounts) enter(ctx context.Context, u store.User, origin, attempt string) error {
	now := time.Now()
	return a.store.Enter(ctx, store.Entrance{UserID: u.ID, Origin: origin, At: now, Attempt: attempt}, now.Add(-usualFor))
}

func asTooMany(err error) error {
	if errors.Is(err, store.ErrTooMany) {
		return fmt.Errorf("%w: %w", ErrTooMany, err)
	}
	return err
}

// Forget forgets the sign-ins that count no more: of people who come no more too, whose
// own next sign-in would have forgotten them.
func (a *Accounts) Forget(ctx context.Context, now time.Time) error {
	return a.store.ForgetSignIns(ctx, now.Add(-attemptWindow), now.Add(-usualFor))
}
