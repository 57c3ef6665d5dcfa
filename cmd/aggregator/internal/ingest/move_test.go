// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// lived is a region on SQLite that has a history: two establishments, two places,
// failures that come and go, a large bundle, a lie and people.
func lived(t *testing.T) (*regiontest.Region, *regiontest.Agent) {
	t.Helper()
	r := regiontest.NewJudging(t)
	a, b := r.Enrol(r.Establishment(siteA, "CHU A").FINESS), r.Enrol(r.Establishment("690000021", "CH É").FINESS)
	start := time.Now().UTC().AddDate(0, -3, 0)
	for n, result := range []fact.TransferResult{fact.TransferDelivered, fact.TransferRefused, fact.TransferDelivered} {
		at := start.AddDate(0, n, 0)
		a.Deliver(regiontest.Looked(t, a.Site, at, scanner.VantageInternet, result))
		b.Deliver(regiontest.Looked(t, b.Site, at, scanner.VantageInside, result))
	}
	a.Deliver(regiontest.ManyDomains(t, a.Site, time.Now().UTC().Add(-time.Hour), 300))
	r.Token(siteA)
	if err := r.Store.Sessions().CommitCtx(t.Context(), "token", []byte{0, 1, 2}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	return r, a
}

// moved opens a region at its new place, with the keys that it had.
func moved(t *testing.T, r *regiontest.Region, to *store.Postgres) *regiontest.Region {
	t.Helper()
	return regiontest.Reopen(t, store.Place{Folder: r.Folder, Postgres: to}, regiontest.RealJudge(t))
}

// TestMoveToPostgres moves a region, finds it whole, has it go on, and moves a copy back.
func TestMoveToPostgres(t *testing.T) {
	r, a := lived(t)
	to := storetest.Empty(t)
	done, err := ingest.Move(t.Context(), r.Store, *to, regiontest.RealJudge(t))
	if err != nil {
		t.Fatal(err)
	}
	if done.Bundles != 7 {
		t.Errorf("%d bundles were verified, want 7", done.Bundles)
	}
	tables := map[string]int{}
	for _, c := range done.Tables {
		tables[c.Table] = c.Rows
	}
	for table, rows := range map[string]int{"establishment": 2, "agent": 2, "bundle": 7, "blob": 7, "bundle_key": 7, "session": 1, "enrol_token": 3} {
		if tables[table] != rows {
			t.Errorf("%d rows of %s were moved, want %d", tables[table], table, rows)
		}
	}
	for _, table := range []string{"finding", "finding_look", "finding_event", "finding_episode", "wording", "coverage", "control_result", "agent_run", "audit"} {
		if tables[table] == 0 {
			t.Errorf("nothing of %s was moved", table)
		}
	}
	there := moved(t, r, to)
	if e, err := there.Store.Engine(t.Context()); err != nil || e.Rest != 0 {
		t.Errorf("rows of no month, or worse: %+v, %v", e, err)
	}
	if n, err := there.Store.CheckBlobs(t.Context()); n != 7 || err != nil {
		t.Errorf("%d blobs are sound: %v", n, err)
	}
	checkUnbroken(t, there)
	// What was received is known there, and what comes next is numbered after it.
	a = a.At(there)
	next := regiontest.Looked(t, a.Site, time.Now().UTC().Add(-time.Minute), scanner.VantageInternet, fact.TransferDelivered)
	a.Deliver(next)
	bundles, err := there.Store.Bundles(t.Context(), store.Region(), siteA, 9)
	if err != nil || len(bundles) != 5 || bundles[0].Seq != 5 {
		t.Errorf("bundles after the next one: %v, %v", bundles, err)
	}
	before := there.Rows(regiontest.Projections()...)
	if n, err := ingest.Rebuild(t.Context(), there.Store, there.Judge); n != 8 || err != nil {
		t.Fatal(n, err)
	}
	if diff := cmp.Diff(before, there.Rows(regiontest.Projections()...)); diff != "" {
		t.Errorf("projections (-arrived +rebuilt):\n%s", diff)
	}
	if _, err := ingest.Move(t.Context(), r.Store, *to, regiontest.RealJudge(t)); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("moving to a region that is there: %v", err)
	}
	// A backup holds the keys beside the database.
	path := filepath.Join(copyOf(t, r.Folder), "carescan.db")
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if files, err := there.Store.Snapshot(t.Context(), path); err != nil || len(files) != 0 {
		t.Fatal(files, err)
	}
	back, err := store.Open(t.Context(), store.Place{Folder: filepath.Dir(path)})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := back.CheckBlobs(t.Context()); n != 8 || err != nil {
		t.Errorf("%d blobs came back: %v", n, err)
	}
	if err := back.Close(); err != nil {
		t.Error(err)
	}
}

// checkUnbroken compares every row of a region with what its log sealed of it.
func checkUnbroken(t *testing.T, r *regiontest.Region) {
	t.Helper()
	if _, err := r.Store.GrowLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := r.Store.Breaches(t.Context(), func(tlog.Tree) []store.Breach { return nil })
	if err != nil || len(found) != 0 {
		t.Errorf("the log says otherwise: %v, %v", found, err)
	}
}

// TestMoveRefuses has something be wrong at each step: it is told, and nothing is left.
func TestMoveRefuses(t *testing.T) {
	judge := regiontest.RealJudge(t)
	cases := map[string]struct {
		spoil func(t *testing.T, r *regiontest.Region)
		judge func(stop func()) ingest.Judge
		want  string
	}{
		"changed-blob": {spoil: func(t *testing.T, r *regiontest.Region) {
			alter(t, r, `UPDATE blob SET content = X'00' || SUBSTR(content, 2) WHERE digest = (SELECT digest FROM blob WHERE content IS NOT NULL LIMIT 1)`)
		}, want: "does not match its digest"},
		"lost-file": {spoil: func(t *testing.T, r *regiontest.Region) {
			for _, file := range blobFiles(t, r) {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
		}, want: "no such file"},
		"damaged-database": {spoil: damage, want: "damaged"},
		"changed-finding": {spoil: func(t *testing.T, r *regiontest.Region) {
			alter(t, r, `UPDATE finding SET first_seen = first_seen + 1`)
		}, want: store.ErrStale.Error()},
		"forged-bundle": {spoil: func(t *testing.T, r *regiontest.Region) {
			alter(t, r, `UPDATE agent_cert SET public_key = X'00'`)
		}, want: "open bundle"},
		"interrupted": {judge: func(stop func()) ingest.Judge { return stopping{judge, stop} }, want: "context canceled"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r, _ := lived(t)
			to := storetest.Empty(t)
			if c.spoil != nil {
				c.spoil(t, r)
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			by := judge
			if c.judge != nil {
				by = c.judge(stop)
			}
			if _, err := ingest.Move(ctx, r.Store, *to, by); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
			if name == "damaged-database" {
				return // refused before anything was made there
			}
			rest := storetest.Past(t, store.Place{Folder: r.Folder, Postgres: to})
			for _, table := range []string{"establishment", "bundle", "blob", "audit", "finding_look"} {
				var n int
				if err := rest.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil || n != 0 {
					t.Errorf("%d rows of %s are left: %v", n, table, err)
				}
			}
		})
	}
}

// stopping is a judge that has a copy be interrupted.
type stopping struct {
	judge ingest.Judge
	stop  func()
}

func (s stopping) Judge(run scanner.Run, profile string) (store.Judged, error) {
	s.stop()
	return s.judge.Judge(run, profile)
}

func alter(t *testing.T, r *regiontest.Region, statement string) {
	t.Helper()
	if _, err := storetest.Past(t, r.Place).ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func blobFiles(t *testing.T, r *regiontest.Region) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(r.Folder, "blobs", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	return files
}

// damage overwrites pages in the middle of the database.
func damage(t *testing.T, r *regiontest.Region) {
	t.Helper()
	alter(t, r, `PRAGMA wal_checkpoint(TRUNCATE)`)
	path := filepath.Join(r.Folder, "carescan.db")
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(bytes.Repeat([]byte{0xa5}, 64<<10), info.Size()/2&^4095); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
