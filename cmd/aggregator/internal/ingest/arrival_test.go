// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
)

// TestSessionDoesNotWaitForTheHerd writes sessions while a herd of bundles waits to be
// kept: each goes before most of them.
func TestSessionDoesNotWaitForTheHerd(t *testing.T) {
	storetest.Each(t, testSessionDoesNotWaitForTheHerd)
}

func testSessionDoesNotWaitForTheHerd(t *testing.T) {
	const herd, sessions = 40, 4
	r, a := judging(t)
	arrivals := arrivalsOf(t, r, a, herd)
	var kept atomic.Int64
	var all sync.WaitGroup
	for _, arrival := range arrivals {
		all.Go(func() {
			if _, err := r.Store.Keep(t.Context(), arrival); err != nil {
				t.Error(err)
			}
			kept.Add(1)
		})
	}
	for n := range sessions {
		if err := r.Store.Sessions().CommitCtx(t.Context(), fmt.Sprint("session ", n), []byte("content"), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if before := kept.Load(); before > herd/2 {
		t.Errorf("%d sessions waited for %d bundles of %d", sessions, before, herd)
	}
	all.Wait()
}

// arrivalsOf judges one crowded run and makes as many arrivals of it, an hour apart.
func arrivalsOf(t testing.TB, r *regiontest.Region, a *regiontest.Agent, n int) (list []store.Arrival) {
	t.Helper()
	run := regiontest.Crowded(t, a.Site, time.Now().UTC().AddDate(0, 0, -30))
	judged, err := r.Judge.Judge(run, "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		raw := fmt.Appendf(nil, "sealed bundle %d of %s", i, a.ID)
		ended := run.Ended.Add(time.Duration(i) * time.Hour)
		list = append(list, store.Arrival{Judged: judged, Raw: raw, Receipt: "receipt", Bundle: store.Bundle{
			FINESS: a.Site.FINESS, ID: uuid.NewString(), AgentID: a.ID, Seq: int64(i + 1), Digest: scanner.Digest(raw), Size: len(raw),
			RunID: uuid.NewString(), RunStatus: run.Status, Vantage: run.Vantage, Profile: run.Profile,
			StartedAt: run.Started, EndedAt: ended, SealedAt: ended, ReceivedAt: ended,
		}})
	}
	return list
}

// BenchmarkKeep keeps the first bundle of establishments, some 500 findings each, and
// compares the processor time with that of writing the same rows, as they are, by
// batches in one transaction each.
func BenchmarkKeep(b *testing.B) {
	const establishments = 8
	var ours, bare time.Duration
	for b.Loop() {
		r, into := regiontest.NewJudging(b), regiontest.NewJudging(b)
		var arrivals []store.Arrival
		for n := range establishments {
			a := r.Enrol(r.Establishment(finessOf(b, n), "CHU").FINESS)
			arrivals = append(arrivals, arrivalsOf(b, r, a, 1)...)
		}
		before := processorTime(b)
		for _, arrival := range arrivals {
			if _, err := r.Store.Keep(b.Context(), arrival); err != nil {
				b.Fatal(err)
			}
		}
		ours += processorTime(b) - before
		bare += writeBare(b, r, into, arrivals)
	}
	b.ReportMetric(ours.Seconds()*1000/float64(b.N*establishments), "cpu-ms/bundle")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "bare-ratio")
}

// writtenTables are those that an arrival writes to.
var writtenTables = []string{
	"blob", "bundle", "bundle_key", "finding", "finding_look", "finding_event", "finding_episode", "coverage", "control_result", "agent_run",
}

// writeBare writes the rows of one region to another and tells what it cost.
func writeBare(b *testing.B, from, into *regiontest.Region, arrivals []store.Arrival) time.Duration {
	b.Helper()
	source, target := bareDatabase(b, from), bareDatabase(b, into)
	var rows [][]bareTable
	for _, arrival := range arrivals {
		var tables []bareTable
		for _, table := range writtenTables {
			tables = append(tables, readBare(b, source, table, arrival.Bundle))
		}
		rows = append(rows, tables)
	}
	before := processorTime(b)
	for _, tables := range rows {
		tx, err := target.BeginTx(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, table := range tables {
			table.write(b, tx)
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	return processorTime(b) - before
}

func bareDatabase(b *testing.B, r *regiontest.Region) *sql.DB {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.Folder, "carescan.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() }) // read and written already
	return db
}

// bareTable is the rows that one arrival wrote to a table.
type bareTable struct {
	insert string
	rows   [][]any
}

func readBare(b *testing.B, db *sql.DB, name string, of store.Bundle) (t bareTable) {
	b.Helper()
	where, value := "finess", any(of.FINESS)
	if name == "blob" {
		where, value = "digest", of.Digest
	}
	rows, err := db.QueryContext(b.Context(), "SELECT * FROM "+name+" WHERE "+where+" = ?", value)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		b.Fatal(err)
	}
	t.insert = "INSERT INTO " + name + " (" + strings.Join(columns, ", ") + ") VALUES "
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			b.Fatal(err)
		}
		t.rows = append(t.rows, values)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return t
}

func (t bareTable) write(b *testing.B, tx *sql.Tx) {
	b.Helper()
	for rows := range slices.Chunk(t.rows, 100) {
		row := "(?" + strings.Repeat(", ?", len(rows[0])-1) + ")"
		if _, err := tx.ExecContext(b.Context(), t.insert+row+strings.Repeat(", "+row, len(rows)-1), slices.Concat(rows...)...); err != nil {
			b.Fatal(err)
		}
	}
}
