// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"

	"carescan/scanner"
)

// Control is where a control stands in an establishment.
type Control struct {
	scanner.ControlResult
	Profile string
}

// Controls lists where every control of an establishment stands, by catalog, in the
// order of the profile.
func (s *Store) Controls(ctx context.Context, scope Scope, finess scanner.FINESS) ([]Control, error) {
	list, err := many(ctx, s.view(scope), scanControl, `
		SELECT profile, detail FROM control_result
		WHERE `+within("finess")+` AND finess = $2 ORDER BY catalog, position, control_id`, scope.sees, finess)
	return list, wrap(err, "list controls of %s", finess)
}

// projectControls keeps where every control stands, folded anew over all that is known
// of the establishment.
func projectControls(ctx context.Context, tx *transaction, finess scanner.FINESS, profile string, controls []scanner.ControlResult) error {
	known, err := many(ctx, tx, scanControlRow, `
		SELECT catalog, control_id, position, state, profile, detail FROM control_result WHERE finess = $1`, finess)
	if err != nil {
		return wrap(err, "read controls of %s", finess)
	}
	past := map[[2]string]controlRow{}
	for _, c := range known {
		past[[2]string{c.catalog, c.id}] = c
	}
	rows := batch{
		into: "control_result", columns: "finess, catalog, control_id, position, state, profile, detail", key: "finess, catalog, control_id",
		set: []string{"position", "state", "profile", "detail"},
	}
	for position, c := range controls {
		detail, err := encode(c)
		if err != nil {
			return err
		}
		now := controlRow{c.Catalog, c.ID, int64(position), c.State, profile, detail}
		key := [2]string{c.Catalog, c.ID}
		if past[key] != now {
			rows.add(finess, now.catalog, now.id, now.position, now.state, now.profile, now.detail)
		}
		delete(past, key)
	}
	if err := rows.write(ctx, tx); err != nil {
		return err
	}
	// What the profile does not hold any more is not assessed any more.
	for key := range past {
		const gone = `finess = $1 AND catalog = $2 AND control_id = $3`
		if err := tx.changeRows(ctx, "control_result", gone, []any{finess, key[0], key[1]}, `DELETE FROM control_result WHERE `+gone); err != nil {
			return err
		}
	}
	return nil
}

// controlRow is a row of the table of controls.
type controlRow struct {
	catalog, id string
	position    int64
	state       scanner.ControlState
	profile     string
	detail      string
}

func scanControlRow(r row) (c controlRow, err error) {
	err = r.Scan(&c.catalog, &c.id, &c.position, &c.state, &c.profile, &c.detail)
	return c, err
}

func scanControl(r row) (c Control, err error) {
	err = r.Scan(&c.Profile, document[scanner.ControlResult]{&c.ControlResult})
	return c, err
}
