// SPDX-License-Identifier: Apache-2.0

// Package store is the only place of the aggregator that speaks SQL. It holds
// what a region knows: establishments, agents, bundles and what they say.
//
// Bundles are the truth; findings, coverage and controls are projections of
// them, written in the same transaction and derived again by Rebuild. Every
// read takes a Scope, so that no page can show more than its reader may see.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver named "sqlite"
)

// Store is the database and the blobs of one region.
type Store struct {
	writer *sql.DB // one connection: SQLite has one writer
	reader *sql.DB
	blobs  string // folder of the large blobs
	// arriving is the turn of the arrival that is being written.
	arriving chan struct{}
}

// ErrNotFound says that nothing inside the scope bears that name.
var ErrNotFound = errors.New("not found")

//go:embed migrations
var migrations embed.FS

const (
	readers      = 4
	databaseName = "carescan.db"
)

// Exists tells whether a folder holds the store of a region.
func Exists(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, databaseName))
	return err == nil
}

// Open opens the store of a data folder, creating it at first use, and brings
// its schema up to date.
func Open(ctx context.Context, folder string) (*Store, error) {
	s := &Store{blobs: filepath.Join(folder, "blobs"), arriving: make(chan struct{}, 1)}
	if err := os.MkdirAll(s.blobs, 0o700); err != nil {
		return nil, fmt.Errorf("make blob folder: %w", err)
	}
	if err := s.connect(filepath.Join(folder, databaseName)); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) connect(path string) (err error) {
	if err := createPrivate(path); err != nil {
		return err
	}
	if s.writer, err = sql.Open("sqlite", dsn(path, "_txlock=immediate")); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if s.reader, err = sql.Open("sqlite", dsn(path, "_pragma=query_only(1)")); err != nil {
		return errors.Join(fmt.Errorf("open database: %w", err), s.writer.Close())
	}
	s.writer.SetMaxOpenConns(1)
	s.reader.SetMaxOpenConns(readers)
	return nil
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

func (s *Store) prepare(ctx context.Context) error {
	if err := s.Verify(ctx); err != nil {
		return err
	}
	_, err := s.Migrate(ctx)
	return err
}

// Close closes the store.
func (s *Store) Close() error { return errors.Join(s.reader.Close(), s.writer.Close()) }

// Migrate brings the schema up to date and tells its version.
func (s *Store) Migrate(ctx context.Context) (version int64, err error) {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return 0, fmt.Errorf("find migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.writer, files)
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return 0, fmt.Errorf("migrate database: %w", err)
	}
	if err := s.migrateQueue(ctx); err != nil {
		return 0, err
	}
	return provider.GetDBVersion(ctx)
}

// Verify tells whether the engine keeps the promises a receipt rests on: what
// was committed survives a power cut, and references hold.
func (s *Store) Verify(ctx context.Context) error {
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

// CheckIntegrity reads the whole database and tells what is broken in it.
func (s *Store) CheckIntegrity(ctx context.Context) error {
	var verdict string
	if err := s.reader.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("database is damaged: %s", verdict)
	}
	return nil
}

// write runs a function in one transaction.
func (s *Store) write(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit transaction: %w", err)
	}
	return nil
}
