// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
)

// guardedTable is a table of the catalog.
type guardedTable struct {
	name      string
	guarded   bool
	partition bool
	finess    bool // it has that column
	columns   []string
}

func tablesOf(t *testing.T, db *sql.DB) (list []guardedTable) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `
		SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, c.relispartition, bool_or(a.attname = 'finess'),
		       string_agg(a.attname, ',' ORDER BY a.attnum) FILTER (WHERE a.attidentity = '')
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname NOT LIKE 'river\_%' GROUP BY c.oid ORDER BY c.relname`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table guardedTable
		var columns string
		if err := rows.Scan(&table.name, &table.guarded, &table.partition, &table.finess, &columns); err != nil {
			t.Fatal(err)
		}
		table.columns = strings.Split(columns, ",")
		list = append(list, table)
	}
	if err := rows.Err(); err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	return list
}

// application speaks SQL of its own in the role of the application: no predicate of the
// store is in its way.
func application(t *testing.T, place store.Place) *sql.DB {
	t.Helper()
	c, err := pgx.ParseConfig(place.Postgres.Address)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*c)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// in runs a function in a transaction of a scope, which is undone.
func in(t *testing.T, db *sql.DB, scope string, do func(tx *sql.Tx)) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := tx.ExecContext(t.Context(), `SELECT set_config('carescan.scope', $1, true)`, scope); err != nil {
		t.Fatal(err)
	}
	do(tx)
}

func rowsIn(t *testing.T, db *sql.DB, scope, table string) (n int) {
	t.Helper()
	in(t, db, scope, func(tx *sql.Tx) {
		if err := tx.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
			t.Fatal(table, err)
		}
	})
	return n
}

// TestRowSecurityAlone tries every table of the catalog with the scope of another
// establishment, in SQL that no predicate of the store holds. A table that is neither
// guarded nor said to be of the region fails, and so does one that was left empty.
func TestRowSecurityAlone(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		r := livedIn(t)
		past, app := storetest.Past(t, r.Place), application(t, r.Place)
		for _, table := range tablesOf(t, past) {
			t.Run(table.name, func(t *testing.T) {
				switch {
				case storetest.OfRegion(table.name):
					if table.finess {
						t.Error("it holds something of an establishment")
					}
				case !table.guarded:
					t.Error("it is not guarded: SELECT carescan_guard() after its CREATE, or say that it is of the region")
				case table.partition:
					checkOutOfReach(t, app, table)
				case table.name == "audit":
					checkRegionAlone(t, app, table)
				default:
					checkIsolation(t, past, app, table)
				}
			})
		}
	})
}

func checkOutOfReach(t *testing.T, app *sql.DB, table guardedTable) {
	t.Helper()
	in(t, app, "*", func(tx *sql.Tx) {
		if _, err := tx.ExecContext(t.Context(), "SELECT 1 FROM "+table.name); !isRefused(err) {
			t.Errorf("a partition is reached past its table: %v", err)
		}
	})
}

func checkRegionAlone(t *testing.T, app *sql.DB, table guardedTable) {
	t.Helper()
	if n := rowsIn(t, app, "*", table.name); n == 0 {
		t.Fatal("it holds nothing to try with")
	}
	for _, scope := range []string{string(siteA), "", string(siteA) + "," + string(siteB)} {
		if n := rowsIn(t, app, scope, table.name); n != 0 {
			t.Errorf("scope %q sees %d rows", scope, n)
		}
	}
}

func checkIsolation(t *testing.T, past, app *sql.DB, table guardedTable) {
	t.Helper()
	var all, ofNone int // rows, and those of the region alone
	if err := past.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table.name).Scan(&all); err != nil {
		t.Fatal(err)
	}
	if table.finess {
		if err := past.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table.name+" WHERE finess = ''").Scan(&ofNone); err != nil {
			t.Fatal(err)
		}
	}
	a, b := rowsIn(t, app, string(siteA), table.name), rowsIn(t, app, string(siteB), table.name)
	if a == 0 || b == 0 {
		t.Fatalf("it holds nothing to try with: %d rows of one establishment, %d of the other", a, b)
	}
	both := string(siteA) + "," + string(siteB)
	for scope, want := range map[string]int{"*": all, both: all - ofNone, "": 0, "690000039": 0, "6900000": 0, "%": 0} {
		if n := rowsIn(t, app, scope, table.name); n != want || a+b+ofNone != all {
			t.Errorf("scope %q sees %d rows, want %d; one establishment sees %d, the other %d", scope, n, want, a, b)
		}
	}
	if table.finess {
		in(t, app, string(siteB), func(tx *sql.Tx) {
			var n int
			if err := tx.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table.name+" WHERE finess <> $1", siteB).Scan(&n); err != nil || n != 0 {
				t.Errorf("%d rows of another are seen: %v", n, err)
			}
		})
	}
	checkWrites(t, past, app, table, b)
}

// checkWrites changes every row in reach, and writes a row of the other establishment.
func checkWrites(t *testing.T, past, app *sql.DB, table guardedTable, own int) {
	t.Helper()
	first := table.columns[0]
	in(t, app, string(siteB), func(tx *sql.Tx) {
		result, err := tx.ExecContext(t.Context(), fmt.Sprintf("UPDATE %s SET %s = %s", table.name, first, first))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := result.RowsAffected(); err != nil || int(n) != own {
			t.Errorf("%d rows were changed, want its own %d: %v", n, own, err)
		}
	})
	if table.name == "blob" {
		return // bytes are written before the bundle that names them, and show nothing
	}
	var ids []any
	places := make([]string, len(table.columns))
	values := make([]any, len(table.columns))
	for i := range values {
		ids = append(ids, &values[i])
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	mine := "finess = '" + string(siteA) + "'"
	if !table.finess {
		mine = "agent_id IN (SELECT id FROM agent WHERE " + mine + ")"
	}
	columns := strings.Join(table.columns, ", ")
	if err := past.QueryRowContext(t.Context(), "SELECT "+columns+" FROM "+table.name+" WHERE "+mine+" LIMIT 1").Scan(ids...); err != nil {
		t.Fatal(err)
	}
	for _, scope := range []string{string(siteB), ""} {
		in(t, app, scope, func(tx *sql.Tx) {
			_, err := tx.ExecContext(t.Context(), "INSERT INTO "+table.name+" ("+columns+") VALUES ("+strings.Join(places, ", ")+")", values...)
			if !isRefused(err) {
				t.Errorf("scope %q writes a row of another: %v", scope, err)
			}
		})
	}
}

// isRefused knows insufficient_privilege, which is also what row security says.
func isRefused(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refused.Code == "42501"
}

// livedIn is a region of which every table of establishments holds something of two.
func livedIn(t *testing.T) *regiontest.Region {
	t.Helper()
	r, a, b := twoSites(t)
	at := time.Now().UTC().Add(-time.Minute)
	agents := []*regiontest.Agent{a, b}
	for _, agent := range agents {
		agent.Deliver(regiontest.Run(t, agent.Site, at.Add(-time.Hour), spf(scanner.Fail)))
	}
	// What comes after has no place in the log yet.
	if _, err := r.Store.GrowLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, agent := range agents {
		agent.Header() // a number that never comes
		h := agent.Header()
		h.Previous = scanner.Digest([]byte("nothing"))
		if answer := agent.Put(h.ID, agent.Seal(h, regiontest.Run(t, agent.Site, at, spf(scanner.Pass)))); answer.Status != 201 {
			t.Fatal(answer.Status, string(answer.Body))
		}
		next := agent.Header()
		next.Previous = scanner.Digest([]byte("nothing"))
		if answer := agent.Put(next.ID, agent.Seal(next, regiontest.Run(t, agent.Site, at, spf(scanner.Fail)))); answer.Status != 201 {
			t.Fatal(answer.Status, string(answer.Body))
		}
		dispute(t, r, agent)
		r.Token(agent.Site.FINESS)
		known := store.Agent{ID: agent.ID, FINESS: agent.Site.FINESS}
		if err := r.Store.NoteRefusal(t.Context(), known, store.RefusedConflict, "192.0.2.1", "bundle", at); err != nil {
			t.Fatal(err)
		}
	}
	return r
}
