// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"maps"

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

// controlRow is where a control stands, as it is kept.
type controlRow struct {
	position int64
	state    scanner.ControlState
	profile  string
	detail   string
}

func (p *projection) readControls(ctx context.Context, from source, _ place) error {
	read := func(r row) (struct{}, error) {
		var key [2]string
		var c controlRow
		err := r.Scan(&key[0], &key[1], &c.position, &c.state, &c.profile, &c.detail)
		p.controls[key] = c
		return struct{}{}, err
	}
	_, err := many(ctx, from, read, `SELECT catalog, control_id, position, state, profile, detail FROM control_result WHERE finess = $1`, p.finess)
	return wrap(err, "read controls of %s", p.finess)
}

// control keeps where every control stands, folded anew over all that is known of the
// establishment. What the profile does not hold any more is not assessed any more.
func (p *projection) control(profile string, controls []scanner.ControlResult) error {
	past := maps.Clone(p.controls)
	for position, c := range controls {
		detail, err := encode(c)
		if err != nil {
			return err
		}
		now := controlRow{int64(position), c.State, profile, detail}
		key := [2]string{c.Catalog, c.ID}
		if past[key] != now {
			p.controls[key] = now
			p.changed.controls[key] = true
		}
		delete(past, key)
	}
	for key := range past {
		delete(p.controls, key)
		p.changed.controls[key] = true
	}
	return nil
}

func (p *projection) writeControls(ctx context.Context, tx *transaction) error {
	rows := batch{
		into: "control_result", columns: "finess, catalog, control_id, position, state, profile, detail", key: "finess, catalog, control_id",
		set: []string{"position", "state", "profile", "detail"},
	}
	for key := range p.changed.controls {
		if c, kept := p.controls[key]; kept {
			rows.add(p.finess, key[0], key[1], c.position, c.state, c.profile, c.detail)
			continue
		}
		const gone = `finess = $1 AND catalog = $2 AND control_id = $3`
		if err := tx.changeRows(ctx, "control_result", gone, []any{p.finess, key[0], key[1]}, `DELETE FROM control_result WHERE `+gone); err != nil {
			return err
		}
	}
	return rows.write(ctx, tx)
}

func scanControl(r row) (c Control, err error) {
	err = r.Scan(&c.Profile, document[scanner.ControlResult]{&c.ControlResult})
	return c, err
}
