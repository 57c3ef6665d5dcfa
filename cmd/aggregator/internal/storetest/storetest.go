// SPDX-License-Identifier: Apache-2.0

// Package storetest runs tests on each engine that a region may be kept on: SQLite, and a
// private PostgreSQL.
package storetest

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carescan/cmd/aggregator/internal/store"
)

const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
)

// Each runs a test on each engine, under its name. What opens a region within, by Place,
// finds the engine in the name of the test.
func Each(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Run(onSQLite, test)
	t.Run(onPostgres, func(t *testing.T) {
		postgres(t)
		test(t)
	})
}

// EachBench is Each for benchmarks.
func EachBench(b *testing.B, bench func(b *testing.B)) {
	b.Helper()
	b.Run(onSQLite, bench)
	b.Run(onPostgres, func(b *testing.B) {
		postgres(b)
		bench(b)
	})
}

// OnPostgres tells whether a test runs on PostgreSQL.
func OnPostgres(t testing.TB) bool { return slices.Contains(strings.Split(t.Name(), "/"), onPostgres) }

// Place is where a test may keep a region: an empty folder and, on PostgreSQL, a database
// of its own that holds the schema.
func Place(t testing.TB) store.Place {
	t.Helper()
	p := store.Place{Folder: t.TempDir()}
	if OnPostgres(t) {
		p.Postgres = Fresh(t)
	}
	return p
}

// Fresh is a database that holds the schema and nothing else.
func Fresh(t testing.TB) *store.Postgres {
	t.Helper()
	return postgres(t).create(t, template)
}

// Empty is a database that holds nothing, not even a schema.
func Empty(t testing.TB) *store.Postgres {
	t.Helper()
	return postgres(t).create(t, "template0")
}

// Past opens the database of a place past the store and past row security, until the test
// ends.
func Past(t testing.TB, p store.Place) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.Folder, "carescan.db"))
	if p.Postgres != nil {
		db, err = postgres(t).connect(nameOf(t, p))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func nameOf(t testing.TB, p store.Place) string {
	t.Helper()
	u, err := url.Parse(p.Postgres.Address)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(u.Path, "/")
}

// Flags has a command work on a place.
func Flags(p store.Place) []string {
	flags := []string{"--data", p.Folder}
	if p.Postgres != nil {
		flags = append(flags, "--database-address", p.Postgres.Address, "--database-tls", "off")
	}
	return flags
}
