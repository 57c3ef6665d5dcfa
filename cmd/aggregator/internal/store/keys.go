// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
)

// ErrOtherKeys says that a database belongs to a region that has other keys.
var ErrOtherKeys = errors.New("the database belongs to a region that has other keys")

// boundKeys names the row that says to which keys a database belongs.
const boundKeys = "keys"

// IsBound tells whether the database belongs to keys already.
func (s *Store) IsBound(ctx context.Context) (bool, error) {
	n, err := one(ctx, s.view(Scope{}), scanInt, `SELECT COUNT(*) FROM upkeep WHERE name = $1`, boundKeys)
	return n > 0, wrap(err, "find the keys of the database")
}

// Bind has the database belong to keys, of which it is told a digest, and refuses any
// others from then on: with them, no agent would be known, nor anybody's second factor.
func (s *Store) Bind(ctx context.Context, digest string) error {
	err := s.write(ctx, Region(), func(tx *transaction) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO upkeep (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, boundKeys, digest); err != nil {
			return err
		}
		known, err := one(ctx, tx, scanString, `SELECT value FROM upkeep WHERE name = $1`, boundKeys)
		if err == nil && known != digest {
			err = ErrOtherKeys
		}
		return err
	})
	return wrap(err, "find the keys of the database")
}
