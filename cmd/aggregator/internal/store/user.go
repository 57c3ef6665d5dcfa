// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"time"
)

// User is a person who may sign in. What they may do is in their bindings.
type User struct {
	ID           string
	Name         string
	Email        string // lower case
	PasswordHash string // empty until the first sign-in
	TOTPSealed   string // second factor, encrypted; empty for whoever has another
	TOTPStep     int64  // of the last code used: no code serves twice
	CreatedAt    time.Time
	DisabledAt   time.Time // zero for whoever may sign in
	Epoch        string    // every session begun under another one is over
	Emergency    bool      // kept in a safe, for the day when no other account works
}

const selectUser = `
	SELECT id, name, email, password_hash, totp_sealed, totp_step, created_at, disabled_at, epoch, emergency FROM app_user WHERE `

// AddUser records a person with their first roles, and the link that lets them choose
// their secrets.
func (s *Store) AddUser(ctx context.Context, u User, roles []Binding, l Link) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error {
		if err := insertUser(ctx, tx, u); err != nil {
			return err
		}
		for _, b := range roles {
			if err := insertBinding(ctx, tx, b); err != nil {
				return err
			}
		}
		return insertLink(ctx, tx, l)
	})
	return wrap(err, "add user %s", u.Email)
}

func insertUser(ctx context.Context, q querier, u User) error {
	err := changedOne(q.ExecContext(ctx, `
		INSERT INTO app_user (id, name, email, created_at, epoch, emergency)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email) DO NOTHING`,
		u.ID, u.Name, u.Email, stamp(u.CreatedAt), u.Epoch, u.Emergency))
	if errors.Is(err, ErrNotFound) {
		return ErrExists
	}
	return err
}

// Users lists the people of the region by name.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	list, err := many(ctx, s.view(Scope{}), scanUser, selectUser+`1 = 1 ORDER BY name, email`)
	return list, wrap(err, "list users")
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

// DisableUser keeps a person out from a moment on, or lets them in again at the zero
// one. The sessions of an older epoch are over.
func (s *Store) DisableUser(ctx context.Context, id string, at time.Time, epoch string) error {
	err := changedOne(s.change(ctx, Scope{}, `UPDATE app_user SET disabled_at = $2, epoch = $3 WHERE id = $1`, id, stamp(at), epoch))
	return wrap(err, "disable user %s", id)
}

// ownedByUser are the tables that hold something of a person alone.
var ownedByUser = []string{"role_binding", "passkey", "recovery_code", "identity", "api_token", "one_time_link", "usual_origin"}

// RemoveUser forgets a person and all they hold. What they did stays in the journal.
func (s *Store) RemoveUser(ctx context.Context, id string) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error {
		for _, table := range ownedByUser {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE user_id = $1`, id); err != nil {
				return err
			}
		}
		return changedOne(tx.ExecContext(ctx, `DELETE FROM app_user WHERE id = $1`, id))
	})
	return wrap(err, "remove user %s", id)
}

// SpendTOTPStep remembers that a code was used; ErrNotFound when it or a later
// one was already.
func (s *Store) SpendTOTPStep(ctx context.Context, user string, step int64) error {
	err := changedOne(s.change(ctx, Scope{}, `
		UPDATE app_user SET totp_step = $1 WHERE id = $2 AND totp_step < $1`, step, user))
	return wrap(err, "spend code of user %s", user)
}

func scanUser(r row) (u User, err error) {
	err = r.Scan(&u.ID, &u.Name, &u.Email, &u.PasswordHash, &u.TOTPSealed, &u.TOTPStep, (*moment)(&u.CreatedAt),
		(*moment)(&u.DisabledAt), &u.Epoch, &u.Emergency)
	return u, err
}
