// SPDX-License-Identifier: Apache-2.0

package regiontest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/storetest"
)

// Projections are the tables that rebuild derives again.
func Projections() []string {
	return []string{"agent_run", "finding", "finding_look", "wording", "finding_event", "finding_episode", "coverage", "control_result"}
}

// Rows reads whole tables past the store, each row as text, in the order of
// its content.
func (r *Region) Rows(tables ...string) map[string][]string {
	r.t.Helper()
	return Rows(r.t, storetest.Past(r.t, r.Place), tables...)
}

// Rows reads whole tables of a database, as Region.Rows does.
func Rows(t testing.TB, db *sql.DB, tables ...string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range tables {
		all[table] = readTable(t, db, table)
	}
	return all
}

func readTable(t testing.TB, db *sql.DB, table string) (list []string) {
	t.Helper()
	rows := must(db.QueryContext(t.Context(), "SELECT * FROM "+table))(t)
	defer rows.Close()
	columns := must(rows.Columns())(t)
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		var line strings.Builder
		for i, column := range columns {
			fmt.Fprintf(&line, "%s=%v ", column, *values[i].(*any))
		}
		list = append(list, line.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// Database is the database of the region, opened past the store until the test ends.
func (r *Region) Database() *sql.DB {
	r.t.Helper()
	return storetest.Past(r.t, r.Place)
}

// Rebuild derives every projection again.
func (r *Region) Rebuild() (int, error) { return ingest.Rebuild(r.t.Context(), r.Store, r.Judge) }
