// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/evidence"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/proof"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

const site scanner.FINESS = "690000013"

// stage is a region whose log is time-stamped, and one agent of it.
type stage struct {
	*regiontest.Region
	agent *regiontest.Agent
	tsa   *regiontest.TSA
	log   *evidence.Log
}

func newStage(t *testing.T) *stage {
	t.Helper()
	return newStageOn(t, regiontest.New(t))
}

func newStageOn(t *testing.T, r *regiontest.Region) *stage {
	t.Helper()
	tsa := regiontest.NewTSA(t)
	a := r.Enrol(r.Establishment(site, "CHU").FINESS)
	return &stage{r, a, tsa, evidence.New(r.Store, r.Authority, []evidence.Authority{{URL: tsa.URL, Roots: tsa.Roots}}, regiontest.Quiet())}
}

func (s *stage) deliver(t *testing.T) wire.Receipt {
	t.Helper()
	h := s.agent.Header()
	run := regiontest.Run(t, s.agent.Site, time.Now().UTC().Add(-time.Minute))
	answer := s.agent.Put(h.ID, s.agent.Seal(h, run))
	if answer.Status != http.StatusCreated {
		t.Fatalf("%d: %s", answer.Status, answer.Body)
	}
	var receipt wire.Receipt
	if err := json.Unmarshal(answer.Body, &receipt); err != nil {
		t.Fatal(err)
	}
	return receipt
}

func (s *stage) round(t *testing.T, now time.Time) {
	t.Helper()
	if err := s.log.Round(t.Context(), now); err != nil {
		t.Fatal(err)
	}
}

// ask asks the region for proofs, as an agent does.
func (s *stage) ask(t *testing.T, q wire.LogQuestion) wire.LogProofs {
	t.Helper()
	raw, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	answer := regiontest.Send(s.Region, s.agent.Client, http.MethodPost, wire.PathLog, wire.MediaJSON, raw)
	if answer.Status != http.StatusOK {
		t.Fatalf("%d: %s", answer.Status, answer.Body)
	}
	var proofs wire.LogProofs
	if err := json.Unmarshal(answer.Body, &proofs); err != nil {
		t.Fatal(err)
	}
	return proofs
}

var update = flag.Bool("update", false, "write the proof that both programs must verify for ever")

// keepForEver writes a proof, and what its reader knows from elsewhere, where the tests of
// both programs find them: what is written today is verified by every later version.
func keepForEver(t *testing.T, p proof.Proof, seal, roots string) {
	t.Helper()
	raw, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	certificates, err := os.ReadFile(roots)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"region.proof.json": raw, "seal.pem": []byte(seal), "tsa.pem": certificates} {
		if err := os.WriteFile(filepath.Join("../../../internal/proof/testdata", name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReceiptToTimeStamp walks from a receipt to a time-stamp, then changes each part.
func TestReceiptToTimeStamp(t *testing.T) {
	s := newStage(t)
	for range 3 {
		s.deliver(t)
	}
	s.round(t, time.Now())
	first := s.ask(t, wire.LogQuestion{})
	receipt := s.deliver(t)
	if asked := s.ask(t, wire.LogQuestion{Bundles: []string{receipt.BundleID}}); len(asked.Inclusions) != 0 {
		t.Error("a checkpoint covers what came after it")
	}
	s.round(t, time.Now().Add(2*time.Hour))
	seal, err := s.Authority.SealKey()
	if err != nil {
		t.Fatal(err)
	}
	earlier, err := proof.ParseCheckpoint(first.Checkpoint, receipt.Log.Key)
	if err != nil {
		t.Fatal(err)
	}
	told := s.ask(t, wire.LogQuestion{Since: earlier.Tree.N, Bundles: []string{receipt.BundleID}})
	if len(told.Inclusions) != 1 || len(told.Stamps) != 1 {
		t.Fatalf("%d inclusions and %d time-stamps, want one of each", len(told.Inclusions), len(told.Stamps))
	}
	whole := func() proof.Proof {
		p := proof.Proof{
			Format: proof.Format, SealKey: seal, LogKey: receipt.Log.Key, Receipt: receipt, LogInclusion: told.Inclusions[0],
			Checkpoint: told.Checkpoint, EarlierCheckpoint: first.Checkpoint, Consistency: told.Consistency, Stamps: told.Stamps,
		}
		raw, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := proof.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		return again
	}
	trust := proof.Trust{SealKey: seal, LogKey: receipt.Log.Key, Roots: s.tsa.Roots}
	verified, err := whole().Verify(trust)
	if err != nil || !verified.Stamps[0].Anchored || !verified.Promised || verified.Earlier == nil {
		t.Fatalf("verified %+v: %v", verified, err)
	}
	if *update {
		keepForEver(t, whole(), seal, s.tsa.CAFile)
	}
	stranger := regiontest.NewTSA(t)
	cases := map[string]struct {
		change func(*proof.Proof, *proof.Trust)
		step   proof.Step
	}{
		"digest":        {func(p *proof.Proof, _ *proof.Trust) { p.Receipt.Digest = scanner.Digest([]byte("x")) }, proof.StepReceipt},
		"promise":       {func(p *proof.Proof, _ *proof.Trust) { p.Receipt.Log.Within++ }, proof.StepReceipt},
		"log_key":       {func(_ *proof.Proof, trust *proof.Trust) { trust.LogKey += "x" }, proof.StepPromise},
		"rows":          {func(p *proof.Proof, _ *proof.Trust) { p.Rows = strings.Repeat("0", 32) }, proof.StepInclusion},
		"index":         {func(p *proof.Proof, _ *proof.Trust) { p.Index-- }, proof.StepInclusion},
		"path":          {func(p *proof.Proof, _ *proof.Trust) { p.Path[0][0] ^= 1 }, proof.StepInclusion},
		"other_bundle":  {func(p *proof.Proof, _ *proof.Trust) { p.BundleID = "x" }, proof.StepInclusion},
		"checkpoint":    {func(p *proof.Proof, _ *proof.Trust) { p.Checkpoint = strings.Replace(p.Checkpoint, "\n", "\n1", 1) }, proof.StepCheckpoint},
		"consistency":   {func(p *proof.Proof, _ *proof.Trust) { p.Consistency[0][0] ^= 1 }, proof.StepContinuity},
		"no_continuity": {func(p *proof.Proof, _ *proof.Trust) { p.Consistency = nil }, proof.StepContinuity},
		"stamp":         {func(p *proof.Proof, _ *proof.Trust) { p.Stamps[0].Token[len(p.Stamps[0].Token)-9] ^= 1 }, proof.StepStamp},
		"other_tsa":     {func(_ *proof.Proof, trust *proof.Trust) { trust.Roots = stranger.Roots }, proof.StepStamp},
		"other_stamped": {func(p *proof.Proof, _ *proof.Trust) { p.Checkpoint, p.EarlierCheckpoint = first.Checkpoint, "" }, proof.StepInclusion},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			changed, believed := whole(), trust
			c.change(&changed, &believed)
			_, err := changed.Verify(believed)
			broken, ok := errors.AsType[*proof.StepError](err)
			if !ok || broken.Step != c.step {
				t.Errorf("error %v, want one of step %s", err, c.step)
			}
		})
	}
}

// TestRoundsKeepTheirRhythm: a checkpoint when the log grew or a day passed, a time-stamp
// an hour at most, and later when the authority could not be reached.
func TestRoundsKeepTheirRhythm(t *testing.T) {
	s := newStage(t)
	count := func() (int, int) {
		checkpoints, err := s.Store.Checkpoints(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		stamps, err := s.Store.Stamps(t.Context(), "", 99)
		if err != nil {
			t.Fatal(err)
		}
		return len(checkpoints), len(stamps)
	}
	start := time.Now()
	steps := []struct {
		name                string
		after               time.Duration
		grows, down         bool
		checkpoints, stamps int
	}{
		{"first_offline", 0, true, true, 1, 0},
		{"nothing_new", 10 * time.Minute, false, true, 1, 0},
		{"reached_again", 20 * time.Minute, false, false, 1, 1},
		{"grown_within_the_hour", 30 * time.Minute, true, false, 2, 1},
		{"an_hour_later", 90 * time.Minute, false, false, 2, 2},
		{"a_day_later", 26 * time.Hour, false, false, 3, 3},
	}
	for _, step := range steps {
		s.tsa.Down = step.down
		if step.grows {
			s.deliver(t)
		}
		err := s.log.Round(t.Context(), start.Add(step.after))
		checkpoints, stamps := count()
		if (err != nil) != step.down || checkpoints != step.checkpoints || stamps != step.stamps {
			t.Errorf("%s: %d checkpoints and %d time-stamps, want %d and %d: %v", step.name, checkpoints, stamps, step.checkpoints, step.stamps, err)
		}
	}
}

// TestExamineFindsAnotherHistory changes the log itself, straight in the database.
func TestExamineFindsAnotherHistory(t *testing.T) {
	cases := map[string]struct {
		edit string
		kind store.BreachKind
	}{
		"nothing":       {"SELECT 1", ""},
		"leaf_removed":  {"DELETE FROM log_leaf WHERE node = (SELECT MAX(node) FROM log_leaf)", store.BreachTree},
		"leaf_forgot":   {"UPDATE log_leaf SET kind = 'gone', finess = '', ref = '', rows = '' WHERE kind = 'bundle'", store.BreachLeaf},
		"leaf_copied":   {"INSERT INTO log_pending (kind, finess, ref, rows, hash, seal) SELECT kind, finess, ref, rows, hash, seal FROM log_leaf JOIN log_node ON log_node.node = log_leaf.node WHERE log_leaf.node = 0", store.BreachLeaf},
		"leaf_invented": {"INSERT INTO log_pending (kind, finess, ref, rows, hash, seal) SELECT kind, finess, ref || 'x', rows, zeroblob(32), seal FROM log_leaf WHERE node = 0", store.BreachLeaf},
		"node":          {"UPDATE log_node SET hash = zeroblob(32) WHERE node = 2", store.BreachTree},
		"checkpoint":    {"UPDATE log_checkpoint SET note = replace(note, 'carescan', 'carescan')||'x'", store.BreachTree},
		"size":          {"UPDATE log_checkpoint SET size = size + 1", store.BreachTree},
		"stamp":         {"UPDATE log_stamp SET token = zeroblob(99)", store.BreachStamp},
		"stamp_moved":   {"UPDATE log_stamp SET at = at - 1000000", store.BreachStamp},
		"sum":           {"UPDATE log_sum SET total = zeroblob(32)", store.BreachRows},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.deliver(t)
			s.deliver(t)
			s.round(t, time.Now())
			if _, err := s.Database().ExecContext(t.Context(), c.edit); err != nil {
				t.Fatal(err)
			}
			found, err := s.log.Examine(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			kinds := map[store.BreachKind]bool{}
			for _, b := range found.Breaches {
				kinds[b.Kind] = true
				if said := b.Sentence(); said.FR == "" || said.EN == "" {
					t.Errorf("%v is not told in both languages", b)
				}
			}
			if c.kind == "" && len(found.Breaches) > 0 || c.kind != "" && !kinds[c.kind] {
				t.Errorf("found %v, want %q", found.Breaches, c.kind)
			}
		})
	}
}

// TestNothingIsSignedOverAnotherHistory: a tree that does not continue the last checkpoint
// gets no signature.
func TestNothingIsSignedOverAnotherHistory(t *testing.T) {
	s := newStage(t)
	s.deliver(t)
	s.round(t, time.Now())
	edit(t, s.Database(), "UPDATE log_node SET hash = zeroblob(32) WHERE node = 2")
	s.deliver(t)
	if err := s.log.Round(t.Context(), time.Now()); err == nil {
		t.Error("another history was signed")
	}
}

func edit(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// TestCheckpointIsShownToAnybody reads the checkpoint without a certificate, and asks for
// proofs of another establishment's bundle.
func TestCheckpointIsShownToAnybody(t *testing.T) {
	s := newStage(t)
	read := func() regiontest.Answer {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+wire.PathCheckpoint, nil)
		if err != nil {
			t.Fatal(err)
		}
		return regiontest.Do(s.Region, s.Client(nil), request)
	}
	if answer := read(); answer.Status != http.StatusNotFound {
		t.Errorf("status %d before anything was signed", answer.Status)
	}
	receipt := s.deliver(t)
	s.round(t, time.Now())
	answer := read()
	if _, err := proof.ParseCheckpoint(string(answer.Body), receipt.Log.Key); err != nil || answer.Status != http.StatusOK {
		t.Errorf("status %d, %s: %v", answer.Status, answer.Body, err)
	}
	if strings.Contains(string(answer.Body), string(site)) {
		t.Error("the checkpoint names an establishment")
	}
	s.agent = s.Enrol(s.Establishment("690000021", "CH").FINESS)
	if told := s.ask(t, wire.LogQuestion{Bundles: []string{receipt.BundleID}}); len(told.Inclusions) != 0 {
		t.Error("an agent is told where the bundle of another establishment is")
	}
}

// TestHerdLeavesNoBreach has agents of one establishment and of another deliver at once,
// while rounds sign and deeds are recorded: all is as it was sealed in the end.
func TestHerdLeavesNoBreach(t *testing.T) { storetest.Each(t, herdLeavesNoBreach) }

func herdLeavesNoBreach(t *testing.T) {
	const agents, bundles = 4, 6
	s := newStage(t)
	s.Establishment("690000021", "CH")
	var herd sync.WaitGroup
	for n := range agents {
		a := s.Enrol([]scanner.FINESS{site, "690000021"}[n%2])
		var sealed [bundles][]byte
		var ids [bundles]string
		for i := range bundles {
			h := a.Header()
			outcome := []scanner.Outcome{scanner.Fail, scanner.Pass}[(n+i)%2]
			ids[i], sealed[i] = h.ID, a.Seal(h, regiontest.Run(t, a.Site, time.Now().UTC().Add(time.Duration(i-bundles)*time.Hour), regiontest.Said{
				Check: "exposure.spf-record", Target: scanner.DomainTarget("chu.test"), Outcome: outcome, Severity: scanner.High,
			}))
		}
		herd.Go(func() {
			for i := range bundles {
				for a.Put(ids[i], sealed[i]).Status != http.StatusCreated { // it may be told to come back
					runtime.Gosched()
				}
			}
		})
	}
	for range 3 {
		herd.Go(func() {
			for range 5 {
				if err := s.Store.Audit(t.Context(), store.Deed{At: time.Now(), Actor: "somebody", Action: "page"}); err != nil {
					t.Error(err)
				}
				if _, err := s.Store.GrowLog(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	herd.Wait()
	s.round(t, time.Now())
	found, err := s.log.Examine(t.Context())
	if err != nil || len(found.Breaches) > 0 || found.Leaves < agents*bundles {
		t.Errorf("%d leaves, found %v: %v", found.Leaves, found.Breaches, err)
	}
}
