// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
)

const (
	siteA scanner.FINESS = "690000013"
	siteB scanner.FINESS = "690000021"
)

func twoSites(t *testing.T) (*regiontest.Region, *regiontest.Agent, *regiontest.Agent) {
	t.Helper()
	r := regiontest.New(t)
	return r, r.Enrol(r.Establishment(siteA, "CHU A").FINESS), r.Enrol(r.Establishment(siteB, "CH B").FINESS)
}

func spf(outcome scanner.Outcome) regiontest.Said {
	return regiontest.Said{Check: "exposure.spf-record", Target: scanner.DomainTarget("chu.test"), Outcome: outcome, Severity: scanner.High}
}

func fingerprint() string {
	return scanner.Fingerprint("exposure.spf-record", scanner.DomainTarget("chu.test").Key())
}

// TestLife lives through one outcome after another, an hour apart.
func TestLife(t *testing.T) { storetest.Each(t, testLife) }

func testLife(t *testing.T) {
	cases := map[string]struct {
		runs    [][]regiontest.Said
		want    store.Observed
		episode int64
		events  int
	}{
		"passes":             {[][]regiontest.Said{{spf(scanner.Pass)}}, store.ObservedClear, 0, 1},
		"fails":              {[][]regiontest.Said{{spf(scanner.Fail)}}, store.ObservedOpen, 1, 1},
		"keeps_failing":      {[][]regiontest.Said{{spf(scanner.Fail)}, {spf(scanner.Fail)}}, store.ObservedOpen, 1, 1},
		"corrected":          {[][]regiontest.Said{{spf(scanner.Fail)}, {spf(scanner.Pass)}}, store.ObservedResolved, 1, 2},
		"no_object_any_more": {[][]regiontest.Said{{spf(scanner.Fail)}, {spf(scanner.NotApplicable)}}, store.ObservedResolved, 1, 2},
		"reopened":           {[][]regiontest.Said{{spf(scanner.Fail)}, {spf(scanner.Pass)}, {spf(scanner.Fail)}}, store.ObservedReopened, 2, 3},
		"absence_closes_not": {[][]regiontest.Said{{spf(scanner.Fail)}, {}}, store.ObservedOpen, 1, 1},
		"doubt_closes_not":   {[][]regiontest.Said{{spf(scanner.Fail)}, {spf(scanner.Inconclusive)}}, store.ObservedOpen, 1, 1},
		"doubt_then_failure": {[][]regiontest.Said{{spf(scanner.Fail)}, {spf(scanner.Inconclusive)}, {spf(scanner.Fail)}}, store.ObservedOpen, 1, 1},
		"pass_then_doubt":    {[][]regiontest.Said{{spf(scanner.Pass)}, {spf(scanner.Inconclusive)}}, store.ObservedUnverified, 0, 2},
		"pass_then_silence":  {[][]regiontest.Said{{spf(scanner.Pass)}, {}}, store.ObservedUnverified, 0, 2},
		"doubt_at_first":     {[][]regiontest.Said{{spf(scanner.Inconclusive)}, {spf(scanner.Pass)}}, store.ObservedClear, 0, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r, a, _ := twoSites(t)
			start := time.Now().UTC().Add(-24 * time.Hour)
			for i, said := range c.runs {
				a.Deliver(regiontest.Run(t, a.Site, start.Add(time.Duration(i)*time.Hour), said...))
			}
			f, err := r.Store.Finding(t.Context(), store.Only(siteA), siteA, fingerprint())
			if err != nil || f.Observed != c.want || f.Episode != c.episode {
				t.Errorf("finding is %q in episode %d, want %q in %d: %v", f.Observed, f.Episode, c.want, c.episode, err)
			}
			events, err := r.Store.Events(t.Context(), store.Only(siteA), siteA, fingerprint())
			if err != nil || len(events) != c.events {
				t.Errorf("events %v, want %d: %v", events, c.events, err)
			}
		})
	}
}

// TestLateBundleChangesNothing receives yesterday's run after today's.
func TestLateBundleChangesNothing(t *testing.T) { storetest.Each(t, testLateBundleChangesNothing) }

func testLateBundleChangesNothing(t *testing.T) {
	r, a, _ := twoSites(t)
	now := time.Now().UTC()
	a.Deliver(regiontest.Run(t, a.Site, now.Add(-time.Hour), spf(scanner.Fail)))
	before := r.Rows(regiontest.Projections()...)
	a.Deliver(regiontest.Run(t, a.Site, now.Add(-25*time.Hour), spf(scanner.Pass)))
	if diff := cmp.Diff(before, r.Rows(regiontest.Projections()...)); diff != "" {
		t.Errorf("rows after a late bundle (-before +after):\n%s", diff)
	}
}

func TestControlsFollowTheLatestRun(t *testing.T) { storetest.Each(t, testControlsFollowTheLatestRun) }

func testControlsFollowTheLatestRun(t *testing.T) {
	r, a, _ := twoSites(t)
	now := time.Now().UTC()
	a.Deliver(regiontest.Run(t, a.Site, now.Add(-2*time.Hour), spf(scanner.Fail)))
	run := regiontest.Run(t, a.Site, now.Add(-time.Hour), spf(scanner.Pass))
	run.Controls = run.Controls[:2] // the profile does not hold the third any more
	a.Deliver(run)
	controls, err := r.Store.Controls(t.Context(), store.Region(), siteA)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]scanner.ControlState{}
	for _, c := range controls {
		got[c.ID] = c.State
	}
	want := map[string]scanner.ControlState{"D1.O2.B": scanner.ToExamine, "D1.DNS": scanner.ControlInconclusive}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("controls (-want +got):\n%s", diff)
	}
}

// TestScope asks every read for what is outside its scope. A function that takes
// a scope and is not tried here fails the count at the end.
//
// It is tried on each engine as it is, and on PostgreSQL by the predicates of the store
// alone.
func TestScope(t *testing.T) {
	storetest.Each(t, testScope)
	t.Run("postgres/without-row-security", testScope)
}

func testScope(t *testing.T) {
	r, a, b := twoSites(t)
	if strings.HasSuffix(t.Name(), "without-row-security") {
		storetest.NoRowSecurity(t, r.Place)
	}
	now := time.Now().UTC()
	undeclared := regiontest.Said{Check: "governance.pssi-approval", Undeclared: true}
	bundle := a.Deliver(regiontest.Run(t, a.Site, now.Add(-time.Minute), spf(scanner.Fail), undeclared))
	b.Deliver(regiontest.Run(t, b.Site, now.Add(-time.Minute), spf(scanner.Fail)))
	a.Header() // a number that never comes
	a.Deliver(regiontest.Run(t, a.Site, now.Add(-time.Minute), spf(scanner.Fail)))
	r.Token(siteA)
	ctx, s := t.Context(), r.Store
	dispute(t, r, a)
	agents, err := s.Agents(ctx, store.Only(siteA))
	if err != nil || len(agents) != 1 {
		t.Fatal(agents, err)
	}
	certificates, err := s.Certificates(ctx, store.Only(siteA), a.ID)
	if err != nil || len(certificates) != 1 {
		t.Fatal(certificates, err)
	}
	waiting, err := s.WaitingTokens(ctx, store.Only(siteA), now)
	if err != nil || len(waiting) != 1 {
		t.Fatal(waiting, err)
	}
	if err := s.NoteRefusal(ctx, agents[0], store.RefusedConflict, "192.0.2.1", "bundle", now); err != nil {
		t.Fatal(err)
	}
	tree, err := s.GrowLog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RecordRound(ctx, "try", now, time.Second); err != nil {
		t.Fatal(err)
	}
	gone := r.Establishment("290000017", "CH C").FINESS
	if _, err := s.Erase(ctx, gone, "digest", store.Deed{At: now}, func(int, int) (string, error) { return "record", nil }); err != nil {
		t.Fatal(err)
	}
	// Each read asks for something of establishment A and says how much came.
	reads := map[string]func(store.Scope) (int, error){
		"Agent":          func(c store.Scope) (int, error) { return some(s.Agent(ctx, c, a.ID)) },
		"Agents":         func(c store.Scope) (int, error) { return count(s.Agents(ctx, c)) },
		"Bundle":         func(c store.Scope) (int, error) { return some(s.Bundle(ctx, c, siteA, bundle)) },
		"Bundles":        func(c store.Scope) (int, error) { return count(s.Bundles(ctx, c, siteA, 9)) },
		"Certificate":    func(c store.Scope) (int, error) { return some(s.Certificate(ctx, c, certificates[0].Serial)) },
		"Certificates":   func(c store.Scope) (int, error) { return count(s.Certificates(ctx, c, a.ID)) },
		"Chains":         func(c store.Scope) (int, error) { return count(s.Chains(ctx, c, a.ID)) },
		"Controls":       func(c store.Scope) (int, error) { return count(s.Controls(ctx, c, siteA)) },
		"CountFindings":  func(c store.Scope) (int, error) { return s.CountFindings(ctx, c, siteA, store.Filter{}) },
		"Coverage":       func(c store.Scope) (int, error) { return count(s.Coverage(ctx, c, siteA, 9)) },
		"CountCoverage":  func(c store.Scope) (int, error) { m, err := s.CountCoverage(ctx, c, siteA); return len(m), err },
		"Disagreements":  func(c store.Scope) (int, error) { return count(s.Disagreements(ctx, c, "")) },
		"Oddities":       func(c store.Scope) (int, error) { return count(s.Oddities(ctx, c, a.ID, time.Time{}, 9)) },
		"Looked":         func(c store.Scope) (int, error) { l, err := s.Looked(ctx, c, siteA); return len(l.Ended), err },
		"ProfileOf":      func(c store.Scope) (int, error) { return some(s.ProfileOf(ctx, c, siteA)) },
		"Homes":          func(c store.Scope) (int, error) { return count(s.Homes(ctx, c)) },
		"Establishment":  func(c store.Scope) (int, error) { return some(s.Establishment(ctx, c, siteA)) },
		"Establishments": func(c store.Scope) (int, error) { return count(s.Establishments(ctx, c)) },
		"Events":         func(c store.Scope) (int, error) { return count(s.Events(ctx, c, siteA, fingerprint())) },
		"Families":       func(c store.Scope) (int, error) { return count(s.Families(ctx, c, siteA)) },
		"Finding":        func(c store.Scope) (int, error) { return some(s.Finding(ctx, c, siteA, fingerprint())) },
		"Findings":       func(c store.Scope) (int, error) { return count(s.Findings(ctx, c, siteA, store.Filter{Limit: 9})) },
		"Sealed":         func(c store.Scope) (int, error) { return count(s.Sealed(ctx, c, siteA, bundle)) },
		"ProveIncluded":  func(c store.Scope) (int, error) { return some(s.ProveIncluded(ctx, c, bundle, tree.N)) },
		"Standings":      func(c store.Scope) (int, error) { return count(s.Standings(ctx, c)) },
		"Undeclared":     func(c store.Scope) (int, error) { return count(s.Undeclared(ctx, c, siteA, store.Filter{})) },
		"Refusals":       func(c store.Scope) (int, error) { return count(s.Refusals(ctx, c, a.ID)) },
		"EnrolTokens":    func(c store.Scope) (int, error) { return count(s.EnrolTokens(ctx, c, 9)) },
		"WaitingTokens":  func(c store.Scope) (int, error) { return count(s.WaitingTokens(ctx, c, now)) },
		"Deeds":          func(c store.Scope) (int, error) { return count(s.Deeds(ctx, c, 9)) },
		"Erasures":       func(c store.Scope) (int, error) { return count(s.Erasures(ctx, c)) },
		"Rounds":         func(c store.Scope) (int, error) { m, err := s.Rounds(ctx, c); return len(m), err },
	}
	whole := map[string]bool{"Deeds": true, "Rounds": true, "Erasures": true} // what tells of the region as a whole
	ofRegion := map[string]bool{"Agents": true, "EnrolTokens": true, "Homes": true, "Establishments": true, "Standings": true}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			if n, err := read(store.Region()); n == 0 || err != nil {
				t.Errorf("the region sees nothing: %v", err)
			}
			if n, err := read(store.Only(siteA)); n == 0 != whole[name] || err != nil {
				t.Errorf("its own scope sees %d: %v", n, err)
			}
			if n, _ := read(store.Only(siteB)); n != 0 && !ofRegion[name] {
				t.Errorf("another establishment sees %d", n)
			}
			if n, err := read(store.Sites("690000039", siteA)); n == 0 != whole[name] || err != nil {
				t.Errorf("a set that holds it sees %d: %v", n, err)
			}
			if n, _ := read(store.Sites("690000039", "690000047")); n != 0 {
				t.Errorf("a set without it sees %d", n)
			}
			if n, _ := read(store.Scope{}); n != 0 {
				t.Errorf("the empty scope sees %d", n)
			}
		})
	}
	if _, err := s.MoveAgent(ctx, store.Only(siteB), a.ID, store.Revoke, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another establishment revoked the agent: %v", err)
	}
	if err := s.Hear(ctx, store.Only(siteB), a.ID, "x", store.Pulse{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another establishment spoke for the agent: %v", err)
	}
	if _, err := s.CancelToken(ctx, store.Only(siteB), waiting[0].ID, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another establishment cancelled the token: %v", err)
	}
	checkEveryScopedRead(t, len(reads))
}

// dispute keeps a bundle whose claims the region disputes.
func dispute(t *testing.T, r *regiontest.Region, a *regiontest.Agent) {
	t.Helper()
	h, raw, now := a.Header(), []byte("a bundle of "+a.ID), time.Now().UTC()
	_, err := r.Store.Keep(t.Context(), store.Arrival{
		Raw: raw, Receipt: "{}",
		Bundle: store.Bundle{
			FINESS: a.Site.FINESS, ID: h.ID, AgentID: a.ID, Seq: int64(h.Seq), Digest: scanner.Digest(raw), Size: len(raw),
			Vantage: scanner.VantageInternet, StartedAt: now, EndedAt: now, SealedAt: now, ReceivedAt: now,
		},
		Judged: store.Judged{
			Coverage:      []scanner.Coverage{{Check: "exposure.spf-record", Target: scanner.DomainTarget("chu.test"), Status: scanner.StatusCompleted}},
			Controls:      []scanner.Control{{Catalog: "care-d1", ID: "D1.DNS"}},
			Disagreements: []store.Disagreement{{Key: "key", About: store.AboutControl, Name: "D1.DNS", Target: "care-d1"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkEveryScopedRead counts the functions of the store that take a scope, so
// that a new one cannot stay untried.
func checkEveryScopedRead(t *testing.T, tried int) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	const alsoTried = 3 // MoveAgent, Hear, CancelToken
	declared := 0
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(source)) {
			if scopedRead.MatchString(line) {
				declared++
			}
		}
	}
	if declared != tried+alsoTried {
		t.Errorf("%d functions take a scope, %d are tried", declared, tried+alsoTried)
	}
}

var scopedRead = regexp.MustCompile(`^func \(s \*Store\) [A-Z].*scope Scope`)

func some[T any](_ T, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	return 1, nil
}

func count[T any](list []T, err error) (int, error) { return len(list), err }

func TestStandingsWorstFirst(t *testing.T) { storetest.Each(t, testStandingsWorstFirst) }

func testStandingsWorstFirst(t *testing.T) {
	r, a, b := twoSites(t)
	r.Establishment("690000039", "CH C")
	at := time.Now().UTC().Add(-time.Minute)
	grave := spf(scanner.Fail)
	grave.Severity = scanner.Critical
	a.Deliver(regiontest.Run(t, a.Site, at, spf(scanner.Fail)))
	b.Deliver(regiontest.Run(t, b.Site, at, grave))
	list, err := r.Store.Standings(t.Context(), store.Region())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"CH B", "CHU A", "CH C"}, names); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if list[0].Severities[scanner.Critical] != 1 || list[0].LastBundle.IsZero() || !list[2].LastBundle.IsZero() {
		t.Errorf("standings %+v", list)
	}
}

// keepLarge keeps what is too large for a row.
func keepLarge(t *testing.T, r *regiontest.Region, a *regiontest.Agent) (id string, raw []byte) {
	t.Helper()
	h := a.Header()
	raw = bytes.Repeat([]byte("incompressible enough: the store does not look inside "), 6000)
	arrival := store.Arrival{Raw: raw, Receipt: "{}", Bundle: store.Bundle{
		FINESS: siteA, ID: h.ID, AgentID: a.ID, Seq: 1, Digest: scanner.Digest(raw), Size: len(raw),
	}}
	if kept, err := r.Store.Keep(t.Context(), arrival); err != nil || !kept.New {
		t.Fatal(kept, err)
	}
	return h.ID, raw
}

// TestLargeBlobIsAFile keeps what is too large for a row as a file, notices
// when the file was changed, and when it is gone.
func TestLargeBlobIsAFile(t *testing.T) {
	r, a, _ := twoSites(t)
	id, raw := keepLarge(t, r, a)
	kept, err := r.Store.Sealed(t.Context(), store.Only(siteA), siteA, id)
	if err != nil || !bytes.Equal(kept, raw) {
		t.Fatalf("%d bytes of %d came back: %v", len(kept), len(raw), err)
	}
	files, err := filepath.Glob(filepath.Join(r.Folder, "blobs", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("blob files %v: %v", files, err)
	}
	if n, err := r.Store.CheckBlobs(t.Context()); n != 1 || err != nil {
		t.Errorf("%d blobs are sound: %v", n, err)
	}
	if err := os.WriteFile(files[0], raw[1:], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Store.CheckBlobs(t.Context()); err == nil {
		t.Error("a changed blob went unnoticed")
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Store.Sealed(t.Context(), store.Region(), siteA, id); err == nil {
		t.Error("a lost blob went unnoticed")
	}
}

// TestSweep removes what a crash left among the blobs, once it is old.
func TestSweep(t *testing.T) {
	r, a, _ := twoSites(t)
	keepLarge(t, r, a)
	folder := filepath.Join(r.Folder, "blobs")
	named, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(named) != 1 {
		t.Fatalf("blobs %v, %v", named, err)
	}
	old := time.Now().Add(-25 * time.Hour)
	files := map[string]struct {
		old, stays bool
	}{
		filepath.Base(named[0]):  {true, true},
		strings.Repeat("a", 64):  {true, false},
		strings.Repeat("b", 64):  {false, true},
		".new-left":              {true, false},
		"lost+found":             {true, true},
		".new-being-written-now": {false, true},
	}
	for name, file := range files {
		path := filepath.Join(folder, name)
		if path != named[0] {
			if err := os.WriteFile(path, []byte("left"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if file.old {
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.Store.SweepBlobs(t.Context(), time.Now().Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for name, file := range files {
		if _, err := os.Stat(filepath.Join(folder, name)); (err == nil) != file.stays {
			t.Errorf("%s: %v, want that it stays: %v", name, err, file.stays)
		}
	}
}

func TestBadDigestIsNoPath(t *testing.T) {
	r, a, _ := twoSites(t)
	arrival := store.Arrival{Raw: make([]byte, 300<<10), Bundle: store.Bundle{FINESS: siteA, ID: "x", AgentID: a.ID, Seq: 1, Digest: "sha256:../../etc/passwd"}}
	if _, err := r.Store.Keep(t.Context(), arrival); err == nil {
		t.Error("a digest that is a path was kept")
	}
}

func TestOpenAgainKeepsAll(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a folder?with#signs")
	for i := range 2 {
		s, err := store.Open(t.Context(), store.Place{Folder: folder})
		if err != nil {
			t.Fatal(err)
		}
		err = s.AddEstablishment(t.Context(), scanner.Establishment{FINESS: siteA, Name: "CHU"}, time.Now())
		if i == 0 && err != nil || i == 1 && !errors.Is(err, store.ErrExists) {
			t.Errorf("adding, time %d: %v", i, err)
		}
		if err := errors.Join(s.Verify(t.Context()), s.CheckIntegrity(t.Context()), s.Close()); err != nil {
			t.Error(err)
		}
	}
	info, err := os.Stat(filepath.Join(folder, "carescan.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("database mode %v: %v", info.Mode(), err)
	}
}
