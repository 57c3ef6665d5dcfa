// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
	"carescan/scanner"
)

// sealed is a bundle that its agent still keeps.
type sealed struct {
	bundle.Header
	raw []byte
}

func sealNext(t *testing.T, a *regiontest.Agent) sealed {
	t.Helper()
	h := a.Header()
	return sealed{h, a.Seal(h, someRun(t, a))}
}

func chainsOf(t *testing.T, r *regiontest.Region) []store.Chain {
	t.Helper()
	list, err := r.Store.Chains(t.Context(), store.Region(), "")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestAggregatorRestoredFromBackup plays the case of that name: seven bundles, a
// copy, six more, the copy put back, one more. The region says which are missing,
// and asks the agent for them until they came.
func TestAggregatorRestoredFromBackup(t *testing.T) {
	before := newRegion(t)
	a := before.Enrol(siteA)
	for range 7 {
		s := sealNext(t, a)
		want(t, a.Put(s.ID, s.raw), http.StatusCreated)
	}
	copied := copyOf(t, before.Folder)
	var kept []sealed
	for range 6 {
		s := sealNext(t, a)
		want(t, a.Put(s.ID, s.raw), http.StatusCreated)
		kept = append(kept, s)
	}
	r := regiontest.Restore(t, copied)
	a = a.At(r)
	last := sealNext(t, a)
	answer := a.Put(last.ID, last.raw)
	want(t, answer, http.StatusCreated)
	if got := answer.Header.Get(wire.HeaderMissing); got != "8-13" {
		t.Errorf("asked for %q, want 8-13", got)
	}
	missing := []store.Chain{{AgentID: a.ID, FINESS: siteA, Missing: wire.Spans{{From: 8, To: 13}}}}
	if diff := cmp.Diff(missing, chainsOf(t, r)); diff != "" {
		t.Errorf("chains (-want +got):\n%s", diff)
	}
	for _, s := range kept {
		want(t, a.Put(s.ID, s.raw), http.StatusCreated)
	}
	if list := chainsOf(t, r); len(list) != 0 {
		t.Errorf("chains = %+v, want nothing odd once all came", list)
	}
}

// copyOf copies a data folder, as a backup does.
func copyOf(t *testing.T, folder string) string {
	t.Helper()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	keys, err := filepath.Glob(filepath.Join(copied, "keys", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if err := os.Chmod(key, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

// TestRegionRestoredFromBeforeTheFirstBundle asks for those before the first, too.
func TestRegionRestoredFromBeforeTheFirstBundle(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	for range 3 {
		a.Header()
	}
	h := a.Header()
	h.Previous = scanner.Digest([]byte("the third"))
	if got := a.Put(h.ID, a.Seal(h, someRun(t, a))).Header.Get(wire.HeaderMissing); got != "1-3" {
		t.Errorf("asked for %q, want 1-3", got)
	}
}

// TestStateRestoredFromASnapshot plays the case of that name: after three bundles
// the agent is put back to its first. Its next ones are kept as a branch, and said.
func TestStateRestoredFromASnapshot(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	snapshot := a.At(r)
	for range 3 {
		snapshot = restoredOnce(t, a, snapshot)
	}
	branch := sealNext(t, snapshot)
	if branch.Seq != 2 {
		t.Fatalf("number %d after the restore: nothing is proven", branch.Seq)
	}
	answer := snapshot.Put(branch.ID, branch.raw)
	want(t, answer, http.StatusCreated)
	if got := answer.Header.Get(wire.HeaderBranch); got != "2" {
		t.Errorf("branch told as %q, want 2", got)
	}
	again := snapshot.Put(branch.ID, branch.raw)
	want(t, again, http.StatusOK)
	if string(again.Body) != string(answer.Body) {
		t.Error("the receipt of a branch is not given again")
	}
	twice := []store.Chain{{AgentID: a.ID, FINESS: siteA, Twice: wire.Spans{{From: 2, To: 2}}}}
	if diff := cmp.Diff(twice, chainsOf(t, r)); diff != "" {
		t.Errorf("chains (-want +got):\n%s", diff)
	}
	if bundles, err := r.Store.Bundles(t.Context(), store.Region(), siteA, 9); err != nil || len(bundles) != 4 {
		t.Errorf("%d bundles kept, %v, want four", len(bundles), err)
	}
	deeds, err := r.Store.Deeds(t.Context(), store.Region(), 1)
	if err != nil || len(deeds) != 1 || deeds[0].Action != "branch" || deeds[0].Actor != "agent 1, CHU A (690000013)" {
		t.Errorf("the journal says %+v, %v, want the branch", deeds, err)
	}
}

// restoredOnce delivers a bundle, and copies the agent after its first.
func restoredOnce(t *testing.T, a, snapshot *regiontest.Agent) *regiontest.Agent {
	t.Helper()
	s := sealNext(t, a)
	want(t, a.Put(s.ID, s.raw), http.StatusCreated)
	if s.Seq == 1 {
		return a.At(a.Region())
	}
	return snapshot
}

// TestClonedMachine lets two machines with one state send in turn: all is kept, and
// each number of theirs is told.
func TestClonedMachine(t *testing.T) { storetest.Each(t, testClonedMachine) }

func testClonedMachine(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	clone := a.At(r)
	for range 3 {
		for _, machine := range []*regiontest.Agent{a, clone} {
			s := sealNext(t, machine)
			want(t, machine.Put(s.ID, s.raw), http.StatusCreated)
		}
	}
	twice := []store.Chain{{AgentID: a.ID, FINESS: siteA, Twice: wire.Spans{{From: 1, To: 1}, {From: 2, To: 2}, {From: 3, To: 3}}}}
	if diff := cmp.Diff(twice, chainsOf(t, r)); diff != "" {
		t.Errorf("chains (-want +got):\n%s", diff)
	}
}

// TestCertificateRenewedAfterTheCopy is accepted by a region that forgot it.
func TestCertificateRenewedAfterTheCopy(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	request, err := authority.ParseRequest(regiontest.Request(r, a.Key))
	if err != nil {
		t.Fatal(err)
	}
	issued, err := r.Authority.Certify(request, siteA, a.ID, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	renewed := r.Agent(wire.EnrolResponse{AgentID: a.ID, Certificate: issued.PEM, Establishment: a.Site}, a.Key)
	s := sealNext(t, renewed)
	want(t, renewed.Put(s.ID, s.raw), http.StatusCreated)

	stranger := regiontest.NewKey(r)
	if request, err = authority.ParseRequest(regiontest.Request(r, stranger)); err != nil {
		t.Fatal(err)
	}
	if issued, err = r.Authority.Certify(request, siteA, a.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	other := r.Agent(wire.EnrolResponse{AgentID: a.ID, Certificate: issued.PEM, Establishment: a.Site}, stranger)
	s = sealNext(t, other)
	want(t, other.Put(s.ID, s.raw), http.StatusUnauthorized)
}

// TestEnrolledAnewAfterTheCopy takes what was sealed under an enrolment that a
// restored region forgot, from the same key.
func TestEnrolledAnewAfterTheCopy(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	h := a.Header()
	h.AgentID = "0199aaaa-0000-7000-8000-000000000000"
	want(t, a.Put(h.ID, a.Seal(h, someRun(t, a))), http.StatusCreated)
}
