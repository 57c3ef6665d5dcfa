// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"carescan/scanner"
)

// RecordSilence records in the journal that an establishment fell silent, of which
// nothing came since a moment: once for each silence, whoever asks and how often.
func (s *Store) RecordSilence(ctx context.Context, finess scanner.FINESS, since, now time.Time) error {
	const action = "silent"
	told := func(from source) (bool, error) {
		n, err := one(ctx, from, scanInt, `SELECT COUNT(*) FROM audit WHERE at > $1 AND action = $2 AND object = $3`, stamp(since), action, finess)
		return n > 0, err
	}
	// It is asked at each round, and nearly always known: no need of the writer.
	known, err := told(s.view(Region()))
	if err != nil || known {
		return wrap(err, "find the silence of %s", finess)
	}
	err = s.write(ctx, Region(), func(tx *transaction) error {
		known, err := told(tx)
		if err != nil || known {
			return err
		}
		return insertDeed(ctx, tx, Deed{At: now, Actor: "carescan-aggregator", Action: action, Object: string(finess)})
	})
	return wrap(err, "record the silence of %s", finess)
}
