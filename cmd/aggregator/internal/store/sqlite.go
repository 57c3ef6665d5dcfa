// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver named "sqlite"
)

// sqlite is the engine of a region in one file: one connection writes, and whoever holds
// it is alone.
type sqlite struct{ path string }

const (
	sqliteName    = "carescan.db"
	sqliteReaders = 4
	// sqliteInline is the most bytes of a blob in a row; above, a file is cheaper to
	// keep, to back up and to thin.
	sqliteInline = 256 << 10
)

func (e sqlite) open(context.Context) (writer, reader *sql.DB, err error) {
	if err := createPrivate(e.path); err != nil {
		return nil, nil, err
	}
	if writer, err = sql.Open("sqlite", dsn(e.path, "_txlock=immediate")); err != nil {
		return nil, nil, fmt.Errorf("open database: %w", err)
	}
	if reader, err = sql.Open("sqlite", dsn(e.path, "_pragma=query_only(1)")); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open database: %w", err), writer.Close())
	}
	writer.SetMaxOpenConns(1)
	reader.SetMaxOpenConns(sqliteReaders)
	return writer, reader, nil
}

func dsn(path, more string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String() +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&" + more
}

func createPrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	return file.Close()
}

func (e sqlite) prepare(ctx context.Context, s *Store) error {
	provider, err := migrator(goose.DialectSQLite3, "sqlite", s.writer)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return migrateQueue(ctx, e.queue(s.writer))
}

func (sqlite) verify(ctx context.Context, s *Store) error {
	wanted := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"}
	for _, db := range []*sql.DB{s.writer, s.reader} {
		for pragma, want := range wanted {
			var got string
			if err := db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
				return fmt.Errorf("read setting %s of the database: %w", pragma, err)
			}
			if got != want {
				return fmt.Errorf("database setting %s is %q, not %q", pragma, got, want)
			}
		}
	}
	return nil
}

func (sqlite) check(ctx context.Context, s *Store) error {
	var verdict string
	if err := s.reader.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("database is damaged: %s", verdict)
	}
	return nil
}

// read asks past the scope: on SQLite, the predicate of each query alone holds it.
func (sqlite) read(_ context.Context, s *Store, _ Scope, do func(querier) error) error {
	return do(s.reader)
}

func (sqlite) begin(ctx context.Context, s *Store, _ Scope, _ bool) (*sql.Tx, error) {
	return s.writer.BeginTx(ctx, nil)
}

// addMonths has nothing to do: a file keeps all months together.
func (sqlite) addMonths(context.Context, *Store, time.Time) error { return nil }

func (sqlite) describe(ctx context.Context, s *Store) (Engine, error) {
	version, err := one(ctx, s.view(Scope{}), scanString, `SELECT sqlite_version()`)
	return Engine{Name: "SQLite", Version: version}, err
}

func (sqlite) again(error) bool { return false }

// place has no number: "$1" is a name to SQLite, and it looks for each among all the
// others, which takes longer than the rest of an arrival.
func (sqlite) place(int) string { return "?" }

func (sqlite) still(ctx context.Context, s *Store) (*sql.Tx, error) {
	return s.reader.BeginTx(ctx, nil)
}

func (sqlite) catalog() (columns, refersTo string) {
	const of = ` FROM sqlite_schema AS t JOIN `
	return `SELECT t.name, c.name` + of + `pragma_table_info(t.name) AS c WHERE t.type = 'table'`,
		`SELECT t.name, f."table"` + of + `pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table'`
}

// overridesIdentity has nothing to say: SQLite gives a number only where there is none.
func (sqlite) overridesIdentity() string { return "" }

// scrub writes the file anew: a row that is deleted leaves its bytes in pages that are free.
// The log of the file is cut too, unless somebody reads from it: it is written over later.
func (sqlite) scrub(ctx context.Context, s *Store) error {
	for _, statement := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := s.writer.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (sqlite) inlineBlob() int { return sqliteInline }
