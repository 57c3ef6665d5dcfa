// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"time"
)

// Attempt is a try to sign in, which counts from before anything of it is proven: of
// many that come at once, none is free. Attempts are kept in the database so that a
// restart, or a second replica, gives no new ones.
type Attempt struct {
	ID       string
	At       time.Time
	Subjects []string // what it counts for: an address, an account
	Bounds   []Bound  // what may refuse it
}

// Bound is how many attempts of a subject are borne since a moment.
type Bound struct {
	Subject string
	Since   time.Time
	Most    int
}

// ErrTooMany says that a bound was reached.
var ErrTooMany = errors.New("too many attempts")

// ReserveSignIn counts an attempt, unless a bound is reached, and forgets those before a
// moment.
func (s *Store) ReserveSignIn(ctx context.Context, a Attempt, forget time.Time) error {
	// What is refused anyway need not wait for the writer, nor make others wait.
	if err := checkBounds(ctx, s.view(Scope{}), a.Bounds); err != nil {
		return wrap(err, "reserve sign-in")
	}
	err := s.write(ctx, Scope{}, func(tx *transaction) error {
		if err := checkBounds(ctx, tx, a.Bounds); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM sign_in_attempt WHERE at <= $1`, stamp(forget)); err != nil {
			return err
		}
		for _, subject := range a.Subjects {
			if _, err := tx.ExecContext(ctx, `INSERT INTO sign_in_attempt (attempt, subject, at) VALUES ($1, $2, $3)`,
				a.ID, subject, stamp(a.At)); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap(err, "reserve sign-in")
}

func checkBounds(ctx context.Context, from source, bounds []Bound) error {
	for _, b := range bounds {
		n, err := one(ctx, from, scanInt, `SELECT COUNT(*) FROM sign_in_attempt WHERE subject = $1 AND at > $2`, b.Subject, stamp(b.Since))
		if err != nil {
			return err
		}
		if n >= b.Most {
			return ErrTooMany
		}
	}
	return nil
}

// WithdrawSignIn counts an attempt no more.
func (s *Store) WithdrawSignIn(ctx context.Context, attempt string) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error { return withdraw(ctx, tx, attempt) })
	return wrap(err, "withdraw sign-in")
}

func withdraw(ctx context.Context, q querier, attempt string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM sign_in_attempt WHERE attempt = $1`, attempt)
	return err
}

// Entrance is a person who proved who they are.
type Entrance struct {
	UserID  string
	Origin  string // that they came from
	At      time.Time
	Attempt string // counted no more; empty for a first sign-in
}

// Enter remembers where a person signed in from, and forgets what they have not used
// since a moment.
func (s *Store) Enter(ctx context.Context, e Entrance, forget time.Time) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error {
		if err := withdraw(ctx, tx, e.Attempt); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM usual_origin WHERE user_id = $1 AND last_at <= $2`, e.UserID, stamp(forget)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO usual_origin (user_id, origin, last_at) VALUES ($1, $2, $3)
			ON CONFLICT (user_id, origin) DO UPDATE SET last_at = excluded.last_at`, e.UserID, e.Origin, stamp(e.At))
		return err
	})
	return wrap(err, "remember sign-in of user %s", e.UserID)
}

// IsUsual tells whether a person signed in from an origin since a moment.
func (s *Store) IsUsual(ctx context.Context, user, origin string, since time.Time) (bool, error) {
	n, err := one(ctx, s.view(Scope{}), scanInt, `
		SELECT COUNT(*) FROM usual_origin WHERE user_id = $1 AND origin = $2 AND last_at > $3`, user, origin, stamp(since))
	return n > 0, wrap(err, "find usual origin of user %s", user)
}

// ForgetSignIns forgets the attempts before a moment, and where people signed in from
// who did not since another.
func (s *Store) ForgetSignIns(ctx context.Context, attempts, origins time.Time) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sign_in_attempt WHERE at <= $1`, stamp(attempts)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM usual_origin WHERE last_at <= $1`, stamp(origins))
		return err
	})
	return wrap(err, "forget sign-ins")
}
