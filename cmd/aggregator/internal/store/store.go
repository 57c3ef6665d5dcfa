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
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pressly/goose/v3"

	"carescan/cmd/aggregator/internal/keyfile"
)

// Store is the database and the blobs of one region.
type Store struct {
	engine engine
	writer *sql.DB
	reader *sql.DB
	blobs  string // folder of the large blobs
	// rowKey reads the key of the sums of rows and of the seals of leaves, drawing it when
	// it is needed first; nil where nothing is sealed.
	rowKey func() ([]byte, error)
	// arriving is the turn of the arrival that is being written.
	arriving chan struct{}
}

// Place is where a region is kept.
type Place struct {
	// Folder holds the keys of the region; on SQLite its database and large blobs too.
	Folder string
	// Postgres is the database that holds all but the keys; nil for SQLite in the folder.
	Postgres *Postgres
}

// RowKey is the file of the key that rows are added up with, among the keys of a region.
const RowKey = "rows.key"

// ErrNotFound says that nothing inside the scope bears that name.
var ErrNotFound = errors.New("not found")

//go:embed migrations
var migrations embed.FS

// engine is what SQLite and PostgreSQL do each in their own way. All else is written once.
type engine interface {
	// open connects to the database: one pool that writes, one that reads.
	open(ctx context.Context) (writer, reader *sql.DB, err error)
	// prepare brings the schema up to date, or tells that it is not.
	prepare(ctx context.Context, s *Store) error
	// verify tells whether the engine keeps the promises a receipt rests on: what was
	// committed survives a power cut, references hold, and no scope sees beyond itself.
	verify(ctx context.Context, s *Store) error
	// check reads the whole database and tells what is broken in it.
	check(ctx context.Context, s *Store) error
	// read has a function ask what a scope sees.
	read(ctx context.Context, s *Store, scope Scope, do func(querier) error) error
	// begin begins a transaction of a scope; inTurn keeps the others of that scope out.
	begin(ctx context.Context, s *Store, scope Scope, inTurn bool) (*sql.Tx, error)
	// again tells whether a transaction failed only because of another one.
	again(err error) bool
	// place is the nth placeholder of a statement that has very many.
	place(n int) string
	// addMonths makes room for the months to come.
	addMonths(ctx context.Context, s *Store, now time.Time) error
	// describe tells what the engine is.
	describe(ctx context.Context, s *Store) (Engine, error)
	// queue is how the queue of jobs speaks to the database.
	queue(db *sql.DB) queueDriver
	// snapshot writes the database as it is at one moment to a new file of SQLite.
	snapshot(ctx context.Context, s *Store, path string) error
	// still begins a transaction that reads all as it is at one moment.
	still(ctx context.Context, s *Store) (*sql.Tx, error)
	// catalog is two queries: every table with each of its columns, and every table with
	// each of those that it refers to.
	catalog() (columns, refersTo string)
	// overridesIdentity has a statement write the numbers that the database gives.
	overridesIdentity() string
	// scrub has the files of the database hold nothing of rows that were deleted.
	scrub(ctx context.Context, s *Store) error
	// inlineBlob is the most bytes of a blob that are kept inside the database.
	inlineBlob() int
}

func (p Place) engine() engine {
	if p.Postgres != nil {
		return *p.Postgres
	}
	return sqlite{filepath.Join(p.Folder, sqliteName)}
}

// Exists tells whether a place holds a region.
func (p Place) Exists() bool {
	made := filepath.Join(p.Folder, sqliteName)
	if p.Postgres != nil {
		made = filepath.Join(p.Folder, "keys") // the database may be ready for a region to come
	}
	_, err := os.Stat(made)
	return err == nil
}

// Open opens the store of a region, creating it at first use. On SQLite it brings the
// schema up to date; on PostgreSQL, where only the owner may, it refuses one that is not.
func Open(ctx context.Context, p Place) (*Store, error) {
	s, err := connect(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, p); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context, p Place) error {
	if err := s.engine.verify(ctx, s); err != nil {
		return err
	}
	if err := s.engine.prepare(ctx, s); err != nil {
		return err
	}
	// No new keys are made for a database that belongs to others.
	bound, err := s.IsBound(ctx)
	if err == nil && bound && !p.Exists() {
		err = ErrOtherKeys
	}
	return err
}

func connect(ctx context.Context, p Place) (s *Store, err error) {
	s = &Store{engine: p.engine(), blobs: filepath.Join(p.Folder, "blobs"), arriving: make(chan struct{}, 1)}
	if err := os.MkdirAll(s.blobs, 0o700); err != nil {
		return nil, fmt.Errorf("make blob folder: %w", err)
	}
	s.rowKey = sync.OnceValues(func() ([]byte, error) { return keyfile.Secret(p.Folder, RowKey) })
	s.writer, s.reader, err = s.engine.open(ctx)
	return s, err
}

// Close closes the store.
func (s *Store) Close() error { return errors.Join(s.reader.Close(), s.writer.Close()) }

// Verify tells whether the engine keeps the promises a receipt rests on.
func (s *Store) Verify(ctx context.Context) error { return s.engine.verify(ctx, s) }

// CheckIntegrity reads the whole database and tells what is broken in it.
func (s *Store) CheckIntegrity(ctx context.Context) error { return s.engine.check(ctx, s) }

// Version is that of the schema.
func (s *Store) Version(ctx context.Context) (int64, error) {
	return one(ctx, s.view(Scope{}), scanInt64, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`)
}

// AddMonths makes room for the months to come, on an engine that keeps months apart.
func (s *Store) AddMonths(ctx context.Context, now time.Time) error {
	return wrap(s.engine.addMonths(ctx, s, now), "make room for the months to come")
}

// Engine is what keeps a region, for whoever examines it.
type Engine struct {
	Name, Version string
	// The rest is of PostgreSQL alone.
	Role    string    // of the application
	Guarded int       // tables that row security holds
	Until   time.Time // end of the last month that there is room for
	Rest    int64     // rows that are of no month
}

// Engine tells what keeps the region.
func (s *Store) Engine(ctx context.Context) (Engine, error) {
	e, err := s.engine.describe(ctx, s)
	return e, wrap(err, "describe the database")
}

func migrator(dialect goose.Dialect, folder string, db *sql.DB, options ...goose.ProviderOption) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+folder)
	if err != nil {
		return nil, fmt.Errorf("find migrations: %w", err)
	}
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}
