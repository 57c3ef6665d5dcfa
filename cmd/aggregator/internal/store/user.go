// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"time"
)

// User is a person who may sign in.
type User struct {
	ID           string
	Name         string
	Email        string // lower case
	Admin        bool
	Scope        Scope
	PasswordHash string // empty until the first sign-in
	TOTPSealed   string // second factor, encrypted
	TOTPStep     int64  // of the last code used: no code serves twice
	CreatedAt    time.Time
}

const selectUser = `
	SELECT id, name, email, admin, scope, password_hash, totp_sealed, totp_step, created_at FROM app_user WHERE `

// AddUser records a person, with the link that lets them choose their secrets.
func (s *Store) AddUser(ctx context.Context, u User, l Link) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error {
		err := changedOne(tx.ExecContext(ctx, `
			INSERT INTO app_user (id, name, email, admin, scope, created_at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email) DO NOTHING`,
			u.ID, u.Name, u.Email, u.Admin, u.Scope.sees, stamp(u.CreatedAt)))
		if errors.Is(err, ErrNotFound) {
			return ErrExists
		}
		if err != nil {
			return err
		}
		return insertLink(ctx, tx, l)
	})
	return wrap(err, "add user %s", u.Email)
}

// UserByEmail finds a person by address, in lower case. Who may be asked for is
// no matter of scope: it serves the sign-in alone.
func (s *Store) UserByEmail(ctx context.Context, email string) (User, error) {
	u, err := one(ctx, s.view(Scope{}), scanUser, selectUser+`email = $1`, email)
	return u, wrap(err, "find user")
}

// User finds a person by id, for the session that names it.
func (s *Store) User(ctx context.Context, id string) (User, error) {
	u, err := one(ctx, s.view(Scope{}), scanUser, selectUser+`id = $1`, id)
	return u, wrap(err, "find user %s", id)
}

// SpendTOTPStep remembers that a code was used; ErrNotFound when it or a later
// one was already.
func (s *Store) SpendTOTPStep(ctx context.Context, user string, step int64) error {
	err := changedOne(s.change(ctx, Scope{}, `
		UPDATE app_user SET totp_step = $1 WHERE id = $2 AND totp_step < $1`, step, user))
	return wrap(err, "spend code of user %s", user)
}

func scanUser(r row) (u User, err error) {
	err = r.Scan(&u.ID, &u.Name, &u.Email, &u.Admin, &u.Scope.sees, &u.PasswordHash, &u.TOTPSealed, &u.TOTPStep,
		(*moment)(&u.CreatedAt))
	return u, err
}
