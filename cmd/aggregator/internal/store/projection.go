// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"

	"carescan/scanner"
)

// project derives from one bundle all that pages show of it.
func project(ctx context.Context, tx *sql.Tx, b Bundle, run scanner.Run) error {
	run = run.Stand()
	whole := completed(run.Coverage)
	for _, f := range run.Findings {
		if err := projectFinding(ctx, tx, b, f, believed(f, whole)); err != nil {
			return wrap(err, "project finding %s", f.Fingerprint)
		}
	}
	for _, c := range run.Coverage {
		if err := projectCoverage(ctx, tx, b, c); err != nil {
			return wrap(err, "project coverage of %s", c.Check)
		}
	}
	return projectControls(ctx, tx, b, run.Controls)
}

// Rebuild derives every projection again from the sealed bundles, in the order
// they came, in one transaction, and tells how many were read. open verifies a
// bundle and returns its run.
func (s *Store) Rebuild(ctx context.Context, open func(Bundle, []byte) (scanner.Run, error)) (n int, err error) {
	bundles, err := many(ctx, s.reader, scanBundle, selectBundle+` ORDER BY arrival`, everything)
	if err != nil {
		return 0, fmt.Errorf("list bundles: %w", err)
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		if err := forgetProjections(ctx, tx); err != nil {
			return err
		}
		for _, b := range bundles {
			if err := s.replay(ctx, tx, b, open); err != nil {
				return wrap(err, "replay bundle %s", b.ID)
			}
		}
		return nil
	})
	return len(bundles), err
}

func forgetProjections(ctx context.Context, tx *sql.Tx) error {
	for _, table := range []string{"finding_event", "finding_episode", "finding", "coverage", "control_result"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil { //nolint:gosec // names of the list above
			return wrap(err, "empty table %s", table)
		}
	}
	return nil
}

func (s *Store) replay(ctx context.Context, tx *sql.Tx, b Bundle, open func(Bundle, []byte) (scanner.Run, error)) error {
	raw, err := s.readBlob(ctx, b.Digest)
	if err != nil {
		return err
	}
	run, err := open(b, raw)
	if err != nil {
		return err
	}
	return project(ctx, tx, b, run)
}
