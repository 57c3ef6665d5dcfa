// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"time"

	"carescan/scanner"
)

// Control is the latest state of a control in an establishment.
type Control struct {
	scanner.ControlResult
	Profile string
	LastAt  time.Time
}

// Controls lists the latest state of every control of an establishment, by
// catalog, in the order of the profile.
func (s *Store) Controls(ctx context.Context, scope Scope, finess scanner.FINESS) ([]Control, error) {
	list, err := many(ctx, s.reader, scanControl, `
		SELECT profile, last_at, detail FROM control_result
		WHERE $1 IN ('*', finess) AND finess = $2 ORDER BY catalog, position, control_id`, scope.sees, finess)
	return list, wrap(err, "list controls of %s", finess)
}

func projectControls(ctx context.Context, tx *sql.Tx, b Bundle, controls []scanner.ControlResult) error {
	for position, c := range controls {
		if err := projectControl(ctx, tx, b, position, c); err != nil {
			return wrap(err, "project control %s of %s", c.ID, c.Catalog)
		}
	}
	// A control that its profile does not hold any more is not assessed any more.
	_, err := tx.ExecContext(ctx, `
		DELETE FROM control_result WHERE finess = $1 AND profile = $2 AND last_bundle <> $3 AND last_at <= $4`,
		b.FINESS, b.Profile.ID, b.ID, stamp(b.EndedAt))
	return wrap(err, "drop past controls")
}

func projectControl(ctx context.Context, tx *sql.Tx, b Bundle, position int, c scanner.ControlResult) error {
	detail, err := encode(c)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO control_result (finess, catalog, control_id, position, state, profile, last_at, last_bundle, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (finess, catalog, control_id) DO UPDATE SET position = excluded.position, state = excluded.state,
		    profile = excluded.profile, last_at = excluded.last_at, last_bundle = excluded.last_bundle, detail = excluded.detail
		WHERE control_result.last_at <= excluded.last_at`,
		b.FINESS, c.Catalog, c.ID, position, c.State, b.Profile.ID, stamp(b.EndedAt), b.ID, detail)
	return err
}

func scanControl(r row) (c Control, err error) {
	err = r.Scan(&c.Profile, (*moment)(&c.LastAt), document[scanner.ControlResult]{&c.ControlResult})
	return c, err
}
