// SPDX-License-Identifier: Apache-2.0

package store

import "context"

// Ready tells whether the database answers those who read and those who write.
func (s *Store) Ready(ctx context.Context) error {
	if _, err := one(ctx, s.view(Scope{}), scanInt, `SELECT COUNT(*) FROM establishment WHERE finess = ''`); err != nil {
		return wrap(err, "read the database")
	}
	return wrap(s.writer.PingContext(ctx), "reach the database to write")
}
