// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
)

// edited are the tables of verdicts, events and audit. A text of a check that nobody
// names says nothing: none is added, and none of those is changed.
var edited = []string{
	"finding", "finding_look", "finding_event", "finding_episode", "coverage", "control_result", "disagreement", "agent_run",
	"wording", "oddity", "bundle", "bundle_key", "audit",
}

// livedRegion is a region in which every table of verdicts, events and audit holds rows.
func livedRegion(t *testing.T) *regiontest.Region {
	t.Helper()
	r, a, b := twoSites(t)
	start := time.Now().UTC().AddDate(0, 0, -9)
	for day, outcome := range []scanner.Outcome{scanner.Fail, scanner.Pass, scanner.Fail, scanner.Inconclusive, scanner.Fail} {
		at := start.AddDate(0, 0, day)
		other := regiontest.Said{Check: "exposure.hsts", Target: scanner.DomainTarget("www.chu.test"), Outcome: scanner.Pass, Severity: scanner.Low}
		a.Deliver(regiontest.Run(t, a.Site, at, spf(outcome), other))
		b.Deliver(regiontest.Run(t, b.Site, at, spf(scanner.Fail), regiontest.Said{Check: "governance.pssi-approval", Undeclared: true}))
	}
	a.Header() // a number that never comes
	dispute(t, r, a)
	odd := b.Header()
	odd.Previous = scanner.Digest([]byte("nothing"))
	if answer := b.Put(odd.ID, b.Seal(odd, regiontest.Run(t, b.Site, time.Now().UTC(), spf(scanner.Fail)))); answer.Status != 201 {
		t.Fatal(answer.Status)
	}
	for n := range 9 {
		deed := store.Deed{At: start.AddDate(0, 0, n), Actor: "somebody@chu.test", IP: "192.0.2.1", Action: "revoke", Object: fmt.Sprint(n)}
		if err := r.Store.Audit(t.Context(), deed); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// breaches lists what is not as the region wrote it.
func breaches(t *testing.T, r *regiontest.Region) []store.Breach {
	t.Helper()
	list, err := r.Store.Breaches(t.Context(), func(tlog.Tree) []store.Breach { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestEveryEditIsFound changes, removes and adds rows of verdicts, events and audit
// straight in the database, at random: each edit is found, before and after its leaf has
// a place in the tree.
func TestEveryEditIsFound(t *testing.T) { storetest.Each(t, everyEditIsFound) }

func everyEditIsFound(t *testing.T) {
	const edits = 200
	r := livedRegion(t)
	if list := breaches(t, r); len(list) > 0 {
		t.Fatalf("nobody changed anything, and this is found: %v", list)
	}
	db := r.Database()
	for _, table := range edited {
		exec(t, db, "CREATE TABLE kept_"+table+" AS SELECT * FROM "+table)
	}
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	done := map[string]int{}
	for n := range edits {
		if n == edits/2 {
			if _, err := r.Store.GrowLog(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		table := edited[random.IntN(len(edited))]
		what := edit(t, db, table, random)
		if list := breaches(t, r); len(list) == 0 {
			t.Errorf("seed %d: not found: %s", seed, what)
		}
		done[table+" "+strings.Fields(what)[0]]++
		exec(t, db, "DELETE FROM "+table)
		exec(t, db, "INSERT INTO "+table+overriding(t, table)+" SELECT * FROM kept_"+table)
		if list := breaches(t, r); len(list) > 0 {
			t.Fatalf("seed %d: after %q was put right: %v", seed, what, list)
		}
	}
	t.Logf("%d edits of %d kinds: %v", edits, len(done), done)
}

// overriding has PostgreSQL take back the order of arrivals.
func overriding(t *testing.T, table string) string {
	t.Helper()
	if table == "bundle" && storetest.OnPostgres(t) {
		return " OVERRIDING SYSTEM VALUE"
	}
	return ""
}

func exec(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// edit changes, removes or adds one row of a table, and says what it did.
func edit(t *testing.T, db *sql.DB, table string, random *rand.Rand) string {
	t.Helper()
	for range 100 {
		columns, rows := contentOf(t, db, table)
		if len(rows) == 0 {
			t.Fatalf("table %s holds nothing: nothing is proven", table)
		}
		row := rows[random.IntN(len(rows))]
		if random.IntN(4) == 0 {
			exec(t, db, "DELETE FROM "+table+" WHERE "+condition(columns, 1), row...)
			return fmt.Sprintf("DELETE %s %v", table, row)
		}
		at := random.IntN(len(columns))
		// The order of arrivals is no verdict.
		if columns[at] == "arrival" {
			continue
		}
		value := otherThan(row[at], rows[random.IntN(len(rows))][at], random)
		if random.IntN(2) == 0 && table != "wording" {
			added := slices.Clone(row)
			added[at] = value
			kept := columns
			if columns[0] == "arrival" {
				kept, added = columns[1:], added[1:]
			}
			statement := "INSERT INTO " + table + " (" + strings.Join(kept, ", ") + ") VALUES (" + places(len(kept)) + ")"
			if _, err := db.ExecContext(t.Context(), statement, added...); err == nil {
				return fmt.Sprintf("INSERT %s %v", table, added)
			}
			continue // it already holds such a row, or refuses the value
		}
		if _, err := db.ExecContext(t.Context(), "UPDATE "+table+" SET "+columns[at]+" = $1 WHERE "+condition(columns, 2), append([]any{value}, row...)...); err == nil {
			return fmt.Sprintf("UPDATE %s %s of %v to %v", table, columns[at], row, value)
		}
	}
	t.Fatalf("table %s takes no edit", table)
	return ""
}

func contentOf(t *testing.T, db *sql.DB, table string) (columns []string, list [][]any) {
	t.Helper()
	query := "SELECT * FROM " + table
	if table == "wording" {
		query += " WHERE digest IN (SELECT wording FROM finding_look)"
	}
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if columns, err = rows.Columns(); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		list = append(list, values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return columns, list
}

// condition finds one row by all its columns, whose arguments begin at a number.
func condition(columns []string, first int) string {
	words := make([]string, len(columns))
	for i, column := range columns {
		words[i] = fmt.Sprintf("%s = $%d", column, first+i)
	}
	return strings.Join(words, " AND ")
}

func places(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("$%d", 1+i)
	}
	return strings.Join(words, ", ")
}

// otherThan is another value of the same type: that of another row, or one that nobody
// wrote.
func otherThan(value, candidate any, random *rand.Rand) any {
	if fmt.Sprint(candidate) != fmt.Sprint(value) && random.IntN(2) == 0 {
		return candidate
	}
	switch v := value.(type) {
	case bool:
		return !v
	case int64:
		return v + 1 + random.Int64N(1000)
	case string:
		return v + "x"
	}
	panic(fmt.Sprintf("a column of type %T", value))
}

// TestEditThatAnArrivalCoversIsStillFound changes a row that the next arrival writes anew.
func TestEditThatAnArrivalCoversIsStillFound(t *testing.T) {
	storetest.Each(t, editThatAnArrivalCoversIsStillFound)
}

func editThatAnArrivalCoversIsStillFound(t *testing.T) {
	r, a, _ := twoSites(t)
	at := time.Now().UTC().Add(-time.Hour)
	a.Deliver(regiontest.Run(t, a.Site, at, spf(scanner.Fail)))
	exec(t, r.Database(), `UPDATE finding SET outcome = 'pass'`)
	a.Deliver(regiontest.Run(t, a.Site, at.Add(time.Minute), spf(scanner.Inconclusive)))
	if len(breaches(t, r)) == 0 {
		t.Error("an edit that was written over is not found")
	}
	if _, err := r.Rebuild(); err != nil {
		t.Fatal(err)
	}
	if list := breaches(t, r); len(list) > 0 {
		t.Errorf("once derived again: %v", list)
	}
}

// TestRegionOfBeforeTheLog begins the log of a region that was there before it.
func TestRegionOfBeforeTheLog(t *testing.T) { storetest.Each(t, regionOfBeforeTheLog) }

func regionOfBeforeTheLog(t *testing.T) {
	r := livedRegion(t)
	db := r.Database()
	for _, table := range []string{"log_pending", "log_leaf", "log_node", "log_sum"} {
		exec(t, db, "DELETE FROM "+table)
	}
	if len(breaches(t, r)) == 0 {
		t.Fatal("a region without a log is as sealed: nothing is proven")
	}
	exec(t, db, "INSERT INTO upkeep (name, value) VALUES ('log', 'needed')")
	if err := r.Store.Audit(t.Context(), store.Deed{At: time.Now(), Actor: "somebody", Action: "early"}); err != nil {
		t.Fatal(err)
	}
	n, err := r.Store.BeginLog(t.Context())
	if err != nil || n < 20 {
		t.Fatalf("%d bundles and deeds are logged: %v", n, err)
	}
	if list := breaches(t, r); len(list) > 0 {
		t.Errorf("once the log has begun: %v", list)
	}
	if again, err := r.Store.BeginLog(t.Context()); again != 0 || err != nil {
		t.Errorf("the log begins again with %d: %v", again, err)
	}
	tree, err := r.Store.GrowLog(t.Context())
	if err != nil || tree.N < int64(n) {
		t.Errorf("the tree has %d leaves of %d: %v", tree.N, n, err)
	}
}
