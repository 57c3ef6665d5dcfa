// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"database/sql"
	"path/filepath"

	"carescan/cmd/aggregator/internal/store"
)

// engine is what keeps a region.
type engine struct {
	name  string
	begin func(w *world) database
}

// database is an engine at work.
type database interface {
	settings() []string // of the aggregator
	apart() bool        // a worker does the rounds
	// open reaches the database past the store, at past the line.
	open(w *world) *sql.DB
	at(w *world) store.Place
	// commit betrays that a bundle is being stored.
	commit(w *world) sign
	moments() []moment
	disturbances() []disturbance
	mend(w *world)
}

func engines() []engine {
	return []engine{
		{"sqlite", func(*world) database { return sqlite{} }},
		{"postgres", beginPostgres},
	}
}

// sqlite is a file beside the blobs: it has no process of its own.
type sqlite struct{}

func (sqlite) settings() []string { return nil }

func (sqlite) apart() bool { return false }

func (sqlite) open(w *world) *sql.DB {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.region.data, "carescan.db")+"?mode=ro&_pragma=busy_timeout(10000)")
	w.must(err)
	return db
}

func (sqlite) at(w *world) store.Place { return store.Place{Folder: w.region.data} }

func (sqlite) commit(w *world) sign {
	return sign{w.region.data, "carescan.db-wal"}
}

// moments are the steps of a large bundle, which is kept in a file beside the database.
func (sqlite) moments() []moment {
	blobs := func(begun string) func(*world, *agent) step {
		return func(w *world, _ *agent) step { return step{filepath.Join(w.region.data, "blobs"), begun} }
	}
	return []moment{
		{name: "as a blob is begun", needs: sendsLarge, step: blobs(unfinishedBlob)},
		{name: "as a blob is kept", needs: sendsLarge, step: blobs("")},
	}
}

func (sqlite) disturbances() []disturbance { return nil }

func (sqlite) mend(*world) {}
