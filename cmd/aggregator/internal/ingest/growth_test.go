// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// TestNightWithoutChangeTakesLittle: beside its sealed bundle, a night on which nothing
// changed takes less than 2 kB of the database.
func TestNightWithoutChangeTakesLittle(t *testing.T) {
	const nights, most = 20, 2 << 10
	r, a := judging(t)
	start := time.Now().UTC().AddDate(0, 0, -nights-1)
	night := func(n int) {
		h := a.Header()
		run := regiontest.Crowded(t, a.Site, start.AddDate(0, 0, n))
		if len(run.Findings) < 500 {
			t.Fatalf("%d findings: nothing is proven", len(run.Findings))
		}
		// The same look: a check that reads the date would say something else.
		for i := range run.Observations {
			run.Observations[i].At = run.Started
		}
		raw := a.Seal(h, regiontest.Concluded(t, a.Site, run.Ended, run.Vantage, run.Observations...))
		want(t, a.Put(h.ID, raw), http.StatusCreated)
	}
	night(0)
	before := databaseSize(t, r)
	for n := range nights {
		night(n + 1)
	}
	if _, err := r.Store.GrowLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	took := databaseSize(t, r) - before
	t.Logf("%d bytes a night, %d of the first one", took/nights, before)
	if took/nights > most {
		t.Errorf("a night without change takes %d bytes, at most %d are meant", took/nights, most)
	}
}

// databaseSize is how many bytes the pages of the database take, all that was written
// being in its file, without those of the sealed bundles.
func databaseSize(t *testing.T, r *regiontest.Region) (size int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.Folder, "carescan.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow(`SELECT SUM(pgsize) FROM dbstat WHERE name <> 'blob'`).Scan(&size); err != nil {
		t.Fatal(err)
	}
	return size
}

// TestRefusedBodyLeavesNoFile sends bundles that are large enough for a file of their
// own and refused, early or by the database itself.
func TestRefusedBodyLeavesNoFile(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	files := func() int {
		entries, err := os.ReadDir(filepath.Join(r.Folder, "blobs"))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	kept := a.Header()
	raw := a.Seal(kept, noisyRun(t, a))
	want(t, a.Put(kept.ID, raw), http.StatusCreated)
	if files() != 1 {
		t.Fatalf("%d files: nothing is proven", files())
	}
	other := a.Seal(kept, noisyRun(t, a))
	want(t, a.Put(kept.ID, other), http.StatusConflict)
	want(t, a.Put(a.Header().ID, other), http.StatusUnprocessableEntity)

	late := a.Header()
	opened := a.Seal(late, noisyRun(t, a))
	if _, err := r.Store.MoveAgent(t.Context(), store.Region(), a.ID, store.Revoke, time.Now()); err != nil {
		t.Fatal(err)
	}
	want(t, a.Put(late.ID, opened), http.StatusUnauthorized)
	// The agent is revoked once its bundle is verified, and before it is kept.
	_, err := r.Store.Keep(t.Context(), store.Arrival{Raw: opened, Bundle: store.Bundle{
		FINESS: siteA, ID: late.ID, AgentID: a.ID, Seq: 9, Digest: scanner.Digest(opened),
	}})
	if err == nil || files() != 1 {
		t.Errorf("%d files are left, want that of the bundle which was kept: %v", files(), err)
	}
}
