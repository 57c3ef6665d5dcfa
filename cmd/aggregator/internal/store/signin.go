// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"time"
)

// SignInFailures counts the failures of a subject (an address, an account)
// since a moment. They are kept in the database so that a restart, or a second
// replica, gives no new tries.
func (s *Store) SignInFailures(ctx context.Context, subject string, since time.Time) (int, error) {
	n, err := one(ctx, s.reader, scanInt, `
		SELECT COUNT(*) FROM sign_in_failure WHERE subject = $1 AND at > $2`, subject, stamp(since))
	return n, wrap(err, "count sign-in failures")
}

// AddSignInFailure counts one more failure for every subject, and forgets
// those before a moment.
func (s *Store) AddSignInFailure(ctx context.Context, subjects []string, at, forget time.Time) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, subject := range subjects {
			if _, err := tx.ExecContext(ctx, `INSERT INTO sign_in_failure (subject, at) VALUES ($1, $2)`, subject, stamp(at)); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM sign_in_failure WHERE at <= $1`, stamp(forget))
		return err
	})
	return wrap(err, "count sign-in failure")
}
