// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"
)

// Link lets a person choose a password and enrol a second factor, once.
type Link struct {
	CodeHash   string // of the code, which is kept nowhere
	UserID     string
	TOTPSealed string // the second factor it offers, encrypted
	CreatedAt  time.Time
	ExpiresAt  time.Time
}

// AddLink records a link for a person; those given before stop working.
func (s *Store) AddLink(ctx context.Context, l Link) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error {
		if _, err := tx.ExecContext(ctx, `UPDATE one_time_link SET used_at = $1 WHERE user_id = $2 AND used_at = 0`,
			stamp(l.CreatedAt), l.UserID); err != nil {
			return err
		}
		return insertLink(ctx, tx, l)
	})
	return wrap(err, "add link")
}

func insertLink(ctx context.Context, q querier, l Link) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO one_time_link (code_hash, user_id, totp_sealed, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		l.CodeHash, l.UserID, l.TOTPSealed, stamp(l.CreatedAt), stamp(l.ExpiresAt))
	return err
}

// Link finds a link that can still be used.
func (s *Store) Link(ctx context.Context, codeHash string, at time.Time) (Link, error) {
	l, err := one(ctx, s.view(Scope{}), scanLink, `
		SELECT code_hash, user_id, totp_sealed, created_at, expires_at FROM one_time_link
		WHERE code_hash = $1 AND used_at = 0 AND expires_at > $2`, codeHash, stamp(at))
	return l, wrap(err, "find link")
}

// Secrets is how a person proves who they are, from now on.
type Secrets struct {
	PasswordHash string
	TOTPSealed   string // empty when a passkey is the second factor
	TOTPStep     int64
	Passkey      *Passkey
	Recovery     []string // hashes of the recovery codes
	Epoch        string
}

// SpendLink gives a person their secrets, in place of all former ones, and ends the
// link, all or nothing.
func (s *Store) SpendLink(ctx context.Context, l Link, secrets Secrets, at time.Time) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error {
		if err := changedOne(tx.ExecContext(ctx, `
			UPDATE one_time_link SET used_at = $1 WHERE code_hash = $2 AND used_at = 0 AND expires_at > $1`,
			stamp(at), l.CodeHash)); err != nil {
			return err
		}
		// Whoever chose the former secrets need not be who comes now.
		for _, table := range []string{"usual_origin", "passkey"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE user_id = $1`, l.UserID); err != nil {
				return err
			}
		}
		if err := replaceRecoveryCodes(ctx, tx, l.UserID, secrets.Recovery); err != nil {
			return err
		}
		if secrets.Passkey != nil {
			if err := insertPasskey(ctx, tx, *secrets.Passkey); err != nil {
				return err
			}
		}
		return changedOne(tx.ExecContext(ctx, `
			UPDATE app_user SET password_hash = $1, totp_sealed = $2, totp_step = $3, epoch = $4 WHERE id = $5`,
			secrets.PasswordHash, secrets.TOTPSealed, secrets.TOTPStep, secrets.Epoch, l.UserID))
	})
	return wrap(err, "spend link")
}

func scanLink(r row) (l Link, err error) {
	err = r.Scan(&l.CodeHash, &l.UserID, &l.TOTPSealed, (*moment)(&l.CreatedAt), (*moment)(&l.ExpiresAt))
	return l, err
}
