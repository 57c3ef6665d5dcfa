// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"carescan/scanner"
)

// ErrStale says that the findings of a region are not those that this program derives
// from its bundles.
var ErrStale = errors.New("the findings are not those that this program derives from the bundles")

// Moved is a region that was copied to PostgreSQL.
type Moved struct {
	Tables  []Copied
	Bundles int // verified and judged again
}

// MoveTo copies the region into an empty database of PostgreSQL, in one transaction, and
// proves the copy before it ends: both sides are read and compared, every bundle is
// verified, and what it says derived again. Nobody may write to the region meanwhile.
func (s *Store) MoveTo(ctx context.Context, to Postgres, judge Judging) (moved Moved, err error) {
	if err := s.CheckIntegrity(ctx); err != nil {
		return moved, err
	}
	c, err := to.settings(to.Owner, to.OwnerPassword, everything)
	if err != nil {
		return moved, err
	}
	db := stdlib.OpenDB(*c)
	defer func() { err = errors.Join(err, db.Close()) }()
	// The schema of a region that is there is not to be touched either.
	if err := (side{db, to}).isEmpty(ctx); err != nil {
		return moved, err
	}
	if err := to.Migrate(ctx); err != nil {
		return moved, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return moved, wrap(err, "begin to copy")
	}
	if moved, err = s.fill(ctx, &transaction{Tx: tx, engine: to}, judge); err != nil {
		return Moved{}, errors.Join(err, tx.Rollback())
	}
	return moved, wrap(tx.Commit(), "end the copy")
}

func (s *Store) fill(ctx context.Context, tx *transaction, judge Judging) (moved Moved, err error) {
	if err := takeTurn(ctx, tx.Tx, Region()); err != nil {
		return moved, err
	}
	to := side{tx, tx.engine}
	if err := to.isEmpty(ctx); err != nil {
		return moved, err
	}
	from, err := s.still(ctx)
	if err != nil {
		return moved, err
	}
	defer func() { err = errors.Join(err, from.Rollback()) }()
	if err := addMonthsOf(ctx, from, tx); err != nil {
		return moved, err
	}
	read := func(ctx context.Context, digest string) ([]byte, error) { return s.readBlob(ctx, Region(), digest) }
	if moved.Tables, err = (copier{side{from, s.engine}, to, read}).copyAll(ctx); err != nil {
		return moved, err
	}
	if err := continueNumbers(ctx, tx); err != nil {
		return moved, err
	}
	moved.Bundles, err = s.prove(ctx, tx, to, moved.Tables, judge)
	return moved, err
}

// addMonthsOf makes room for every month that a region holds something of.
func addMonthsOf(ctx context.Context, from querier, tx *transaction) error {
	months, err := readAll(ctx, from, scanMoment, `
		SELECT MIN(at) FROM (SELECT received_at AS at FROM bundle UNION ALL SELECT at FROM finding_event UNION ALL SELECT at FROM audit) AS moved
		WHERE at > 0 HAVING COUNT(*) > 0`)
	if err != nil {
		return wrap(err, "find the first month")
	}
	const mostYears = 20 // what is older comes from a clock that was wrong, and is kept apart
	now := time.Now()
	for _, first := range months {
		month := monthOf(first)
		if oldest := monthOf(now).AddDate(-mostYears, 0, 0); month.Before(oldest) {
			month = oldest
		}
		for ; month.Before(now); month = month.AddDate(0, 1, 0) {
			if _, err := tx.ExecContext(ctx, addMonth, month.Format(time.DateOnly)); err != nil {
				return wrap(err, "make room for %s", month.Format("2006-01"))
			}
		}
	}
	return nil
}

// continueNumbers has the numbers that the database gives follow those that were copied.
func continueNumbers(ctx context.Context, tx *transaction) error {
	columns, err := many(ctx, tx, scanPair, `
		SELECT t.relname, c.attname FROM pg_class AS t JOIN pg_attribute AS c ON c.attrelid = t.oid
		WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition AND c.attidentity <> ''`)
	if err != nil {
		return wrap(err, "list numbered tables")
	}
	for _, c := range columns {
		table, column := pgx.Identifier{c[0]}.Sanitize(), pgx.Identifier{c[1]}.Sanitize()
		query := `SELECT setval(pg_get_serial_sequence($1, $2), COALESCE(MAX(` + column + `), 1), MAX(` + column + `) IS NOT NULL) FROM ` + table
		if _, err := tx.ExecContext(ctx, query, c[0], c[1]); err != nil {
			return wrap(err, "continue the numbers of %s", c[0])
		}
	}
	return nil
}

// prove derives the projections again in the copy, from bundles that verify, finds those
// that were copied, and undoes that.
func (s *Store) prove(ctx context.Context, tx *transaction, to side, copied []Copied, judge Judging) (n int, err error) {
	if _, err := tx.ExecContext(ctx, `SAVEPOINT proof`); err != nil {
		return 0, wrap(err, "begin the proof")
	}
	found, err := to.shape(ctx)
	if err != nil {
		return 0, err
	}
	named := func() (Copied, error) {
		if err := forgetUnnamedWords(ctx, tx); err != nil {
			return Copied{}, err
		}
		return to.read(ctx, "wording", found.columns["wording"], func([]any) error { return nil })
	}
	words, err := named()
	if err != nil {
		return 0, wrap(err, "read the texts that are named")
	}
	if err := forgetProjections(ctx, tx); err != nil {
		return 0, err
	}
	sites, err := many(ctx, tx, scanString, `SELECT finess FROM establishment ORDER BY finess`)
	if err != nil {
		return 0, wrap(err, "list establishments")
	}
	for _, site := range sites {
		r := &replay{projection: newProjection(scanner.FINESS(site)), store: s, judge: judge}
		if err := r.hearAll(ctx, tx); err != nil {
			return n, wrap(err, "derive again establishment %s", site)
		}
		if err := r.write(ctx, tx); err != nil {
			return n, err
		}
		n += r.heard
	}
	if now, err := named(); err != nil || now != words {
		return n, errors.Join(err, fmt.Errorf("%w: table wording", ErrStale))
	}
	for _, was := range copied {
		if !slices.Contains(projections, was.Table) || was.Table == "wording" {
			continue
		}
		now, err := to.read(ctx, was.Table, found.columns[was.Table], func([]any) error { return nil })
		if err != nil {
			return n, wrap(err, "read table %s", was.Table)
		}
		if now != was {
			return n, fmt.Errorf("%w: table %s", ErrStale, was.Table)
		}
	}
	_, err = tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT proof`)
	return n, wrap(err, "end the proof")
}

// snapshot copies the database to a file of SQLite, from which a region may be restored.
func (p Postgres) snapshot(ctx context.Context, s *Store, path string) (err error) {
	file := &Store{engine: sqlite{path}}
	if file.writer, file.reader, err = file.engine.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := file.engine.prepare(ctx, file); err != nil {
		return err
	}
	from, err := s.still(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Rollback()) }()
	read := func(ctx context.Context, digest string) ([]byte, error) { return s.readBlob(ctx, Region(), digest) }
	return file.write(ctx, Region(), func(tx *transaction) error {
		_, err := copier{side{from, p}, side{tx, file.engine}, read}.copyAll(ctx)
		return err
	})
}

// projections are the tables that are derived from the bundles.
var projections = []string{"finding_event", "finding_episode", "finding_look", "wording", "finding", "coverage", "control_result", "disagreement", "agent_run"}

func forgetProjections(ctx context.Context, tx *transaction) error {
	for _, table := range projections {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil {
			return wrap(err, "empty table %s", table)
		}
	}
	return nil
}
