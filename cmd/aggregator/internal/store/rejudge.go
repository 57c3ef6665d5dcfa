// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"

	"carescan/scanner"
)

// Turn is a finding or a control that stands otherwise since the bundles were judged
// again.
type Turn struct {
	FINESS      scanner.FINESS
	About       string // AboutFinding or AboutControl
	Name        string // id of the check or of the control
	Target      string // asset key, or the catalog
	Was, Became Verdict
}

// errDryRun undoes what was only tried.
var errDryRun = errors.New("dry run")

// Rejudge derives every projection again as Rebuild does, and tells how many bundles
// were read and what stands otherwise since. A dry run changes nothing.
func (s *Store) Rejudge(ctx context.Context, judge Judging, dry bool) (turns []Turn, n int, err error) {
	err = s.writeInTurn(ctx, Region(), func(tx *transaction) error {
		before, err := many(ctx, tx, scanTurn, selectTurns)
		if err != nil {
			return wrap(err, "read where all stands")
		}
		if n, err = s.replayAll(ctx, tx, judge); err != nil {
			return err
		}
		after, err := many(ctx, tx, scanTurn, selectTurns)
		if err != nil {
			return wrap(err, "read where all stands now")
		}
		turns = turned(before, after)
		if dry {
			return errDryRun
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return turns, n, err
}

const selectTurns = `
	SELECT finess, 'finding', check_id, target, outcome, severity FROM finding
	UNION ALL
	SELECT finess, 'control', control_id, catalog, state, '' FROM control_result
	ORDER BY 1, 2, 3, 4`

// scanTurn reads where something stands.
func scanTurn(r row) (t Turn, err error) {
	err = r.Scan(&t.FINESS, &t.About, &t.Name, &t.Target, &t.Became.Outcome, &t.Became.Severity)
	return t, err
}

// turned pairs where things stood with where they stand, and keeps what differs.
func turned(before, after []Turn) (turns []Turn) {
	name := func(t Turn) Turn { t.Was, t.Became = Verdict{}, Verdict{}; return t }
	past := map[Turn]Verdict{}
	for _, t := range before {
		past[name(t)] = t.Became
	}
	for _, t := range after {
		t.Was = past[name(t)]
		delete(past, name(t))
		if t.Was != t.Became {
			turns = append(turns, t)
		}
	}
	for _, t := range before {
		if was, gone := past[name(t)]; gone {
			t.Was, t.Became = was, Verdict{}
			turns = append(turns, t)
		}
	}
	return turns
}
