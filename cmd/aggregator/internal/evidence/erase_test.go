// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/proof"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// canary is in names and texts of the establishment that is erased, and nowhere else.
const canary = "canari"

// doubter takes the word of agents, and says that it disputes one.
type doubter struct{}

// Judge implements ingest.Judge.
func (doubter) Judge(run scanner.Run, _ string) (store.Judged, error) {
	run = run.Stand()
	judged := store.Judged{Profile: run.Profile.ID, Findings: run.Findings, Coverage: run.Coverage}
	judged.Disagreements = []store.Disagreement{{Key: "key", About: store.AboutControl, Name: "D1.DNS", Target: "care-d1"}}
	for _, c := range run.Controls {
		judged.Controls = append(judged.Controls, c.Control)
	}
	return judged, nil
}

// said is a run in which every table of an establishment gets rows, and a blob in a file.
func (s *stage) said(t *testing.T, a *regiontest.Agent, name string, outcome scanner.Outcome) scanner.Run {
	t.Helper()
	run := regiontest.Run(t, a.Site, time.Now().UTC().Add(-time.Minute), regiontest.Said{
		Check: "exposure.spf-record", Target: scanner.DomainTarget(name), Outcome: outcome, Severity: scanner.High,
		Message: scanner.Text{FR: name, EN: name},
	})
	noise := make([]byte, 400<<10)
	_, _ = rand.Read(noise) // never fails
	run.Artifacts = append(run.Artifacts, scanner.NewArtifact("noise", "application/octet-stream", noise))
	return run
}

// live has an agent do all that leaves rows.
func (s *stage) live(t *testing.T, a *regiontest.Agent, name string) (receipts []wire.Receipt) {
	t.Helper()
	for _, outcome := range []scanner.Outcome{scanner.Fail, scanner.Pass, scanner.Fail} {
		h := a.Header()
		if outcome == scanner.Pass {
			h.Previous = scanner.Digest([]byte(name)) // odd
		}
		answer := a.Put(h.ID, a.Seal(h, s.said(t, a, name, outcome)))
		if answer.Status != http.StatusCreated {
			t.Fatalf("%d: %s", answer.Status, answer.Body)
		}
		var receipt wire.Receipt
		if err := json.Unmarshal(answer.Body, &receipt); err != nil {
			t.Fatal(err)
		}
		receipts = append(receipts, receipt)
		s.round(t, time.Now())
	}
	a.Deliver(s.said(t, a, name, scanner.Fail)) // has no place in the log yet
	s.Token(a.Site.FINESS)
	finess := string(a.Site.FINESS)
	deed := store.Deed{At: time.Now(), Actor: "rssi@chu.test", IP: "192.0.2.1", Action: "place-establishment", Object: finess + ", 690781810, GHT"}
	if err := s.Store.Audit(t.Context(), deed); err != nil {
		t.Fatal(err)
	}
	known, err := s.Store.Agent(t.Context(), store.Region(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Store.NoteRefusal(t.Context(), known, store.RefusedConflict, "192.0.2.1", "bundle", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.RecordRoundFailure(t.Context(), "integrity", time.Now(), fmt.Errorf("establishment %s is damaged", finess)); err != nil {
		t.Fatal(err)
	}
	person := "u" + finess[4:] // outlives the establishment, and is named otherwise
	for _, row := range [][]any{
		{`INSERT INTO app_user (id, name, email, created_at) VALUES ($1, 'Somebody', $1, 0)`, person},
		{`INSERT INTO role_binding (id, user_id, role, place_kind, place_id, origin, granted_by, granted_at) VALUES ($1, $1, 'reader', 'site', $2, 'person', 'operator', 0)`, person, finess},
		{`INSERT INTO api_token (id, user_id, name, token_hash, place_kind, place_id, created_at, expires_at) VALUES ($1, $1, 'program', $1, 'site', $2, 0, 0)`, person, finess},
	} {
		if _, err := s.Database().ExecContext(t.Context(), fmt.Sprint(row[0]), row[1:]...); err != nil {
			t.Fatal(row[0], err)
		}
	}
	return receipts
}

// whole reads every table of the catalog, each row as text.
func whole(t *testing.T, s *stage) map[string][]string {
	t.Helper()
	catalog := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if storetest.OnPostgres(t) {
		catalog = `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`
	}
	db, all := s.Database(), map[string][]string{}
	for _, table := range texts(t, db, catalog) {
		all[table] = texts(t, db, "SELECT * FROM "+table)
	}
	return all
}

// texts reads rows, each as the text of its columns.
func texts(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
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
		parts := make([]string, len(columns))
		for i, v := range values {
			if raw, ok := v.([]byte); ok {
				v = string(raw)
			}
			parts[i] = fmt.Sprint(v)
		}
		list = append(list, strings.Join(parts, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// naming tells how many rows of each table hold one of some words.
func naming(all map[string][]string, words []string) map[string]int {
	n := map[string]int{}
	for table, rows := range all {
		for _, row := range rows {
			if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(row, word) }) {
				n[table]++
			}
		}
	}
	return n
}

// owned lists the tables that hold something of an establishment.
func owned(t *testing.T, s *stage) (list []string) {
	t.Helper()
	for table := range whole(t, s) {
		if table != "log_sum" && !storetest.OfRegion(table) && !strings.HasPrefix(table, "river_") {
			list = append(list, table)
		}
	}
	return list
}

// TestErasureLeavesDigestsOnly erases one of two establishments, and looks for it in every
// row and every file; the other one, and every proof, are as they were.
func TestErasureLeavesDigestsOnly(t *testing.T) { storetest.Each(t, erasureLeavesDigestsOnly) }

func erasureLeavesDigestsOnly(t *testing.T) {
	s := newStageOn(t, regiontest.NewJudgedBy(t, doubter{}))
	b := s.Enrol(s.Establishment("290000017", "CH B").FINESS)
	s.agent = s.Enrol(s.Establishment("690000039", "CHU "+canary).FINESS)
	s.live(t, b, "other.test")
	receipts := s.live(t, s.agent, canary+".test")
	kept := s.ask(t, wire.LogQuestion{Bundles: []string{receipts[0].BundleID}})
	words := []string{string(s.agent.Site.FINESS), s.agent.ID, canary}
	for _, row := range texts(t, s.Database(), `SELECT id, digest FROM bundle WHERE finess = '690000039'`) {
		words = append(words, strings.Split(row, "|")...)
	}
	before := whole(t, s)
	for _, table := range owned(t, s) {
		if naming(before, words)[table] == 0 {
			t.Errorf("table %s holds nothing of the establishment to be erased: the test proves nothing of it", table)
		}
	}

	erasure, err := s.log.Erase(t.Context(), s.agent.Site.FINESS, store.Deed{At: time.Now(), Actor: "operator", IP: "local"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := whole(t, s)
	if left := naming(after, words); len(left) > 0 {
		t.Errorf("rows that name it are left: %v", left)
	}
	s.checkFiles(t, words)
	other := []string{"290000017", b.ID, "other.test"}
	if diff := cmp.Diff(naming(before, other), naming(after, other)); diff != "" {
		t.Errorf("the other establishment changed (-want +got):\n%s", diff)
	}

	record, err := proof.ParseErasure(erasure.Record, s.log.Key())
	if err != nil || record.Bundles != len(receipts)+1 || record.Deeds == 0 || record.Subject != proof.SubjectOf(s.agent.Site.FINESS) {
		t.Errorf("the record says %+v: %v", record, err)
	}
	if h := s.agent.Header(); s.agent.Put(h.ID, s.agent.Seal(h, s.said(t, s.agent, "x.test", scanner.Pass))).Status != http.StatusUnauthorized {
		t.Error("an agent of an establishment that was erased still delivers")
	}
	s.checkProof(t, receipts[0], kept)
	s.checkSound(t)
	// But texts: those that no look names any more come and go.
	derived := slices.DeleteFunc(regiontest.Projections(), func(table string) bool { return table == "wording" })
	projections := s.Rows(derived...)
	if _, err := s.Rebuild(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(projections, s.Rows(derived...)); diff != "" {
		t.Errorf("a replay derives others (-want +got):\n%s", diff)
	}
	s.checkSound(t)
}

// checkSound has the log find nothing altered, and the erasure.
func (s *stage) checkSound(t *testing.T) {
	t.Helper()
	found, err := s.log.Examine(t.Context())
	if err != nil || len(found.Breaches) > 0 || len(found.Erasures) != 1 {
		t.Errorf("found %v, and %d erasures: %v", found.Breaches, len(found.Erasures), err)
	}
}

// checkFiles looks for words in every file of the region but its keys.
func (s *stage) checkFiles(t *testing.T, words []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(s.Folder), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(filepath.Join(s.Folder, path))
		for _, word := range words {
			_, hex, _ := strings.Cut(word, ":")
			if bytes.Contains(raw, []byte(word)) || strings.Contains(path, word) || hex != "" && strings.HasSuffix(path, hex) {
				t.Errorf("file %s still holds %q", path, word)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkProof verifies what the agent kept, and that what is signed now continues it.
func (s *stage) checkProof(t *testing.T, receipt wire.Receipt, kept wire.LogProofs) {
	t.Helper()
	s.round(t, time.Now())
	newest, err := s.Store.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	earlier, err := proof.ParseCheckpoint(kept.Checkpoint, s.log.Key())
	if err != nil || newest.Size <= earlier.Tree.N {
		t.Fatalf("the log has %d leaves, and had %d: %v", newest.Size, earlier.Tree.N, err)
	}
	now, err := proof.ParseCheckpoint(newest.Note, s.log.Key())
	if err != nil {
		t.Fatal(err)
	}
	consistency, err := s.Store.ProveContinued(t.Context(), newest.Size, earlier.Tree.N)
	if err != nil {
		t.Fatal(err)
	}
	hashes := make([][]byte, len(consistency))
	for i := range consistency {
		hashes[i] = consistency[i][:]
	}
	if err := now.Continues(earlier, hashes); err != nil {
		t.Error(err)
	}
	seal, err := s.Authority.SealKey()
	if err != nil {
		t.Fatal(err)
	}
	p := proof.Proof{
		Format: proof.Format, SealKey: seal, LogKey: s.log.Key(), Receipt: receipt, LogInclusion: kept.Inclusions[0],
		Checkpoint: kept.Checkpoint, Stamps: kept.Stamps,
	}
	if _, err := p.Verify(proof.Trust{SealKey: seal, LogKey: s.log.Key(), Roots: s.tsa.Roots}); err != nil {
		t.Errorf("a proof from before the erasure: %v", err)
	}
}

// TestErasureWhileAgentsDeliver erases an establishment whose agent is delivering, as
// another one does: nothing of the first comes after, and the other loses nothing.
func TestErasureWhileAgentsDeliver(t *testing.T) { storetest.Each(t, erasureWhileAgentsDeliver) }

func erasureWhileAgentsDeliver(t *testing.T) {
	s := newStage(t)
	b := s.Enrol(s.Establishment("290000017", "CH B").FINESS)
	const bundles = 12
	answers := map[string][]int{}
	var deliveries sync.WaitGroup
	var guard sync.Mutex
	begun := make(chan struct{}, 2*bundles)
	for _, a := range []*regiontest.Agent{s.agent, b} {
		sealed := map[string][]byte{}
		for range bundles {
			h := a.Header()
			sealed[h.ID] = a.Seal(h, s.said(t, a, "x.test", scanner.Fail))
		}
		deliveries.Go(func() {
			for id, raw := range sealed {
				status := a.Put(id, raw).Status
				guard.Lock()
				answers[a.ID] = append(answers[a.ID], status)
				guard.Unlock()
				begun <- struct{}{}
			}
		})
	}
	for range 4 {
		<-begun
	}
	if _, err := s.log.Erase(t.Context(), site, store.Deed{At: time.Now(), Actor: "operator", IP: "local"}); err != nil {
		t.Fatal(err)
	}
	deliveries.Wait()
	t.Logf("answers: %v", answers)
	if left := naming(whole(t, s), []string{string(site), s.agent.ID}); len(left) > 0 {
		t.Errorf("rows that name it are left: %v", left)
	}
	if n := len(texts(t, s.Database(), `SELECT id FROM bundle WHERE finess = '290000017'`)); n != bundles {
		t.Errorf("%d bundles of the other are kept, want %d", n, bundles)
	}
	h := s.agent.Header()
	if status := s.agent.Put(h.ID, s.agent.Seal(h, s.said(t, s.agent, "x.test", scanner.Pass))).Status; status != http.StatusUnauthorized {
		t.Errorf("its agent is answered %d in the end", status)
	}
	files, err := os.ReadDir(filepath.Join(s.Folder, "blobs"))
	if err != nil || !storetest.OnPostgres(t) && len(files) != bundles {
		t.Errorf("%d files of bundles are kept, want %d: %v", len(files), bundles, err)
	}
	s.checkSound(t)
}

// TestEditOfAnErasureIsFound changes, removes and adds records straight in the database.
func TestEditOfAnErasureIsFound(t *testing.T) { storetest.Each(t, editOfAnErasureIsFound) }

func editOfAnErasureIsFound(t *testing.T) {
	s := newStage(t)
	if _, err := s.log.Erase(t.Context(), site, store.Deed{At: time.Now(), Actor: "operator", IP: "local"}); err != nil {
		t.Fatal(err)
	}
	s.round(t, time.Now())
	s.checkSound(t)
	for name, edit := range map[string]string{
		"change": `UPDATE erasure SET record = 'x'`,
		"rename": `UPDATE erasure SET subject = 'x'`,
		"remove": `DELETE FROM erasure`,
		"add":    `INSERT INTO erasure SELECT 'x', at, record || 'x' FROM erasure`,
	} {
		for _, statement := range []string{`CREATE TABLE kept AS SELECT * FROM erasure`, edit} {
			if _, err := s.Database().ExecContext(t.Context(), statement); err != nil {
				t.Fatal(statement, err)
			}
		}
		if found, err := s.log.Examine(t.Context()); err != nil || len(found.Breaches) == 0 || found.Breaches[0].Kind != store.BreachErasure {
			t.Errorf("%s: found %v, %v", name, found.Breaches, err)
		}
		for _, statement := range []string{`DELETE FROM erasure`, `INSERT INTO erasure SELECT * FROM kept`, `DROP TABLE kept`} {
			if _, err := s.Database().ExecContext(t.Context(), statement); err != nil {
				t.Fatal(statement, err)
			}
		}
	}
	s.checkSound(t)
	if _, err := s.log.Erase(t.Context(), site, store.Deed{At: time.Now()}); err == nil {
		t.Error("what is erased is erased again")
	}
}
