// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
)

// UserByIdentity finds whom an identity provider names.
func (s *Store) UserByIdentity(ctx context.Context, issuer, subject string) (User, error) {
	u, err := one(ctx, s.view(Scope{}), scanUser, selectUser+`
		id = (SELECT user_id FROM identity WHERE issuer = $1 AND subject = $2)`, issuer, subject)
	return u, wrap(err, "find user")
}

// IsFederated tells whether an identity provider names a person.
func (s *Store) IsFederated(ctx context.Context, user string) (bool, error) {
	n, err := one(ctx, s.view(Scope{}), scanInt, `SELECT COUNT(*) FROM identity WHERE user_id = $1`, user)
	return n > 0, wrap(err, "find the identity of user %s", user)
}

// AddFederatedUser makes somebody known whom an identity provider names.
func (s *Store) AddFederatedUser(ctx context.Context, u User, issuer, subject string) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error {
		if err := insertUser(ctx, tx, u); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO identity (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4)`,
			issuer, subject, u.ID, stamp(u.CreatedAt))
		return err
	})
	return wrap(err, "add user %s", u.Email)
}
