// SPDX-License-Identifier: Apache-2.0

package regiontest

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"carescan/cmd/aggregator/internal/ingest"
)

// Projections are the tables that rebuild derives again.
func Projections() []string {
	return []string{"agent_run", "finding", "finding_look", "wording", "finding_event", "finding_episode", "coverage", "control_result"}
}

// Rows reads whole tables past the store, each row as text, in the order of
// its content.
func (r *Region) Rows(tables ...string) map[string][]string {
	r.t.Helper()
	db := r.Database()
	all := map[string][]string{}
	for _, table := range tables {
		all[table] = r.table(db, table)
	}
	return all
}

func (r *Region) table(db *sql.DB, table string) (list []string) {
	r.t.Helper()
	rows := must(db.Query("SELECT * FROM " + table))(r.t)
	defer rows.Close()
	columns := must(rows.Columns())(r.t)
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(values...); err != nil {
			r.t.Fatal(err)
		}
		var line strings.Builder
		for i, column := range columns {
			fmt.Fprintf(&line, "%s=%v ", column, *values[i].(*any))
		}
		list = append(list, line.String())
	}
	slices.Sort(list)
	return list
}

// Database is the database of the region, opened past the store until the test ends.
func (r *Region) Database() *sql.DB {
	r.t.Helper()
	db := must(sql.Open("sqlite", "file:"+filepath.Join(r.Folder, "carescan.db")+"?_pragma=busy_timeout(10000)"))(r.t)
	r.t.Cleanup(func() { _ = db.Close() }) // it was only looked into
	return db
}

// Rebuild derives every projection again.
func (r *Region) Rebuild() (int, error) { return ingest.Rebuild(r.t.Context(), r.Store, r.Judge) }
