// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// TestUpgradeDerivesAgain opens a region of each older schema that holds bundles: the
// projections are empty, say so, and are derived again as arrival had made them.
func TestUpgradeDerivesAgain(t *testing.T) {
	for _, version := range []int64{1, 2, 3, 4} {
		r, a := judging(t)
		for i, result := range []fact.TransferResult{fact.TransferDelivered, fact.TransferRefused} {
			a.Deliver(regiontest.Looked(t, a.Site, time.Now().UTC().Add(time.Duration(i-3)*time.Hour), scanner.VantageInternet, result))
		}
		want := r.Rows(regiontest.Projections()...)
		folder := copyOf(t, r.Folder)
		backTo(t, folder, version)
		old := regiontest.Restore(t, folder)
		if needed, err := old.Store.NeedsRebuild(t.Context()); err != nil || !needed {
			t.Fatalf("version %d: nothing is said to be derived again: %v", version, err)
		}
		if n, err := ingest.Rebuild(t.Context(), old.Store, regiontest.RealJudge(t)); n != 2 || err != nil {
			t.Fatalf("version %d: %d bundles read: %v", version, n, err)
		}
		if needed, err := old.Store.NeedsRebuild(t.Context()); err != nil || needed {
			t.Errorf("version %d: it is still to be derived again: %v", version, err)
		}
		if diff := cmp.Diff(want, old.Rows(regiontest.Projections()...)); diff != "" {
			t.Errorf("version %d: rows (-arrival +upgrade):\n%s", version, diff)
		}
	}
}

// backTo takes the database of a region back to an older schema.
func backTo(t *testing.T, folder string, version int64) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "carescan.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("../store/migrations/sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(t.Context(), version); err != nil {
		t.Fatalf("go back to version %d: %v", version, err)
	}
}
