// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"time"
)

// Passkey is a credential of a person, made by their device (Web Authentication).
type Passkey struct {
	ID         string // of the credential
	UserID     string
	Name       string // that the person gave it
	Credential string // the public key and what is kept beside it, as JSON
	CreatedAt  time.Time
	UsedAt     time.Time
}

const selectPasskey = `SELECT id, user_id, name, credential, created_at, used_at FROM passkey WHERE ` //nolint:gosec // a query

// Passkeys lists those of a person.
func (s *Store) Passkeys(ctx context.Context, user string) ([]Passkey, error) {
	list, err := many(ctx, s.view(Scope{}), scanPasskey, selectPasskey+`user_id = $1 ORDER BY created_at, id`, user)
	return list, wrap(err, "list passkeys of user %s", user)
}

// AddPasskey gives a person one more passkey.
func (s *Store) AddPasskey(ctx context.Context, p Passkey) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error { return insertPasskey(ctx, tx, p) })
	return wrap(err, "add passkey")
}

func insertPasskey(ctx context.Context, q querier, p Passkey) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO passkey (id, user_id, name, credential, created_at) VALUES ($1, $2, $3, $4, $5)`,
		p.ID, p.UserID, p.Name, p.Credential, stamp(p.CreatedAt))
	return err
}

// UsePasskey keeps what a passkey said of itself when it was used.
func (s *Store) UsePasskey(ctx context.Context, id, credential string, at time.Time) error {
	err := changedOne(s.change(ctx, Scope{}, `UPDATE passkey SET credential = $2, used_at = $3 WHERE id = $1`, id, credential, stamp(at)))
	return wrap(err, "use passkey")
}

// ErrLast says that a person would have no second factor left.
var ErrLast = errors.New("the last second factor of a person stays")

// RemovePasskey takes a passkey from a person, who keeps another second factor.
func (s *Store) RemovePasskey(ctx context.Context, user, id string) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error {
		if err := changedOne(tx.ExecContext(ctx, `DELETE FROM passkey WHERE id = $1 AND user_id = $2`, id, user)); err != nil {
			return err
		}
		left, err := one(ctx, tx, scanInt, `
			SELECT COUNT(*) FROM app_user WHERE id = $1 AND (totp_sealed <> '' OR EXISTS (SELECT 1 FROM passkey WHERE user_id = $1))`, user)
		if err == nil && left == 0 {
			return ErrLast
		}
		return err
	})
	return wrap(err, "remove passkey")
}

func scanPasskey(r row) (p Passkey, err error) {
	err = r.Scan(&p.ID, &p.UserID, &p.Name, &p.Credential, (*moment)(&p.CreatedAt), (*moment)(&p.UsedAt))
	return p, err
}

// SetRecoveryCodes gives a person new recovery codes, by their hashes; older ones are
// worth nothing.
func (s *Store) SetRecoveryCodes(ctx context.Context, user string, hashes []string) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error { return replaceRecoveryCodes(ctx, tx, user, hashes) })
	return wrap(err, "give user %s recovery codes", user)
}

func replaceRecoveryCodes(ctx context.Context, q querier, user string, hashes []string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM recovery_code WHERE user_id = $1`, user)
	for _, hash := range hashes {
		if err == nil {
			_, err = q.ExecContext(ctx, `INSERT INTO recovery_code (user_id, code_hash) VALUES ($1, $2)`, user, hash)
		}
	}
	return err
}

// SpendRecoveryCode uses a recovery code up; ErrNotFound when it is not one, or was used.
func (s *Store) SpendRecoveryCode(ctx context.Context, user, hash string, at time.Time) error {
	err := changedOne(s.change(ctx, Scope{}, `
		UPDATE recovery_code SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at = 0`, user, hash, stamp(at)))
	return wrap(err, "spend recovery code of user %s", user)
}

// CountRecoveryCodes tells how many recovery codes a person has left.
func (s *Store) CountRecoveryCodes(ctx context.Context, user string) (int, error) {
	n, err := one(ctx, s.view(Scope{}), scanInt, `SELECT COUNT(*) FROM recovery_code WHERE user_id = $1 AND used_at = 0`, user)
	return n, wrap(err, "count recovery codes of user %s", user)
}
