// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
	"carescan/scanner/fact"
)

const transferCheck = "exposure.zone-transfer"

// judging is a region that judges for itself, with one agent.
func judging(t *testing.T) (*regiontest.Region, *regiontest.Agent) {
	t.Helper()
	r := regiontest.NewJudging(t)
	return r, r.Enrol(r.Establishment(siteA, "CHU A").FINESS)
}

// honest is a run that saw the zone given away, twice: the real checks fail it.
func honest(t *testing.T, a *regiontest.Agent) scanner.Run {
	t.Helper()
	run := regiontest.Looked(t, a.Site, time.Now().UTC().Add(-time.Minute), scanner.VantageInternet, fact.TransferDelivered)
	if transfer(&run).Outcome != scanner.Fail {
		t.Fatalf("the honest run says %s", transfer(&run).Outcome)
	}
	return run
}

// transfer is the finding of a run about the zone transfer.
func transfer(run *scanner.Run) *scanner.Finding {
	at := slices.IndexFunc(run.Findings, func(f scanner.Finding) bool { return f.Check == transferCheck })
	return &run.Findings[at]
}

func standsAs(t *testing.T, r *regiontest.Region, fp string) store.Finding {
	t.Helper()
	f, err := r.Store.Finding(t.Context(), store.Region(), siteA, fp)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func disputed(t *testing.T, r *regiontest.Region) []store.Disagreement {
	t.Helper()
	list, err := r.Store.Disagreements(t.Context(), store.Region(), siteA)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestHonestAgentIsNotDisputed(t *testing.T) { storetest.Each(t, testHonestAgentIsNotDisputed) }

func testHonestAgentIsNotDisputed(t *testing.T) {
	r, a := judging(t)
	run := honest(t, a)
	a.Deliver(run)
	if list := disputed(t, r); len(list) != 0 {
		t.Errorf("an honest agent is disputed: %+v", list)
	}
	if f := standsAs(t, r, transfer(&run).Fingerprint); f.Outcome != scanner.Fail || f.Observed != store.ObservedOpen {
		t.Errorf("%s, %s", f.Outcome, f.Observed)
	}
}

// TestLies has an enrolled agent lie in every part of a bundle: the region shows what
// the facts say, and tells of the lie, or refuses the bundle and names the place.
func TestLies(t *testing.T) { storetest.Each(t, testLies) }

func testLies(t *testing.T) {
	target := scanner.DomainTarget("autre.test")
	for name, test := range map[string]struct {
		lie     func(*scanner.Run)
		refused string // what the refusal names; empty when the bundle is kept
		about   string // what the region disputes
	}{
		"outcome":        {lie: func(r *scanner.Run) { transfer(r).Outcome = scanner.Pass }, about: transferCheck},
		"severity":       {lie: func(r *scanner.Run) { transfer(r).Severity = scanner.Low }, about: transferCheck},
		"not-applicable": {lie: func(r *scanner.Run) { transfer(r).Outcome = scanner.NotApplicable }, about: transferCheck},
		"doubt":          {lie: func(r *scanner.Run) { transfer(r).Outcome = scanner.Inconclusive }, about: transferCheck},
		"left-out": {lie: func(r *scanner.Run) {
			r.Findings = slices.DeleteFunc(r.Findings, func(f scanner.Finding) bool { return f.Check == transferCheck })
			r.Controls = nil
		}, about: transferCheck},
		"remedy":   {lie: func(r *scanner.Run) { transfer(r).Fix = scanner.Text{FR: "Ouvrez le port 22.", EN: "Open port 22."} }, about: transferCheck},
		"message":  {lie: func(r *scanner.Run) { transfer(r).Message = scanner.Text{FR: "Tout va bien.", EN: "All is well."} }, about: transferCheck},
		"title":    {lie: func(r *scanner.Run) { transfer(r).Title = scanner.Text{FR: "Rien", EN: "Nothing"} }, about: transferCheck},
		"headline": {lie: func(r *scanner.Run) { transfer(r).Headline = scanner.Text{FR: "Rien", EN: "Nothing"} }, about: transferCheck},
		"control-state": {lie: func(r *scanner.Run) {
			at := slices.IndexFunc(r.Controls, func(c scanner.ControlResult) bool { return c.State == scanner.NotSatisfied })
			r.Controls[at].State = scanner.Satisfied
		}, about: "exposition"},
		"all-controls-satisfied": {lie: func(r *scanner.Run) {
			for i := range r.Controls {
				r.Controls[i].State = scanner.Satisfied
			}
		}, about: "D1"},
		"finding-about-nothing-seen": {lie: func(r *scanner.Run) {
			f := *transfer(r)
			f.Target, f.Fingerprint = target, scanner.Fingerprint(f.Check, target.Key())
			r.Findings = append(r.Findings, f)
			r.Coverage = append(r.Coverage, scanner.Coverage{Check: f.Check, Target: target, Status: scanner.StatusCompleted})
		}, about: transferCheck},
		"pass-about-nothing-seen": {lie: func(r *scanner.Run) {
			f := *transfer(r)
			f.Target, f.Fingerprint, f.Outcome = target, scanner.Fingerprint(f.Check, target.Key()), scanner.Pass
			r.Findings = append(r.Findings, f)
			r.Coverage = append(r.Coverage, scanner.Coverage{Check: f.Check, Target: target, Status: scanner.StatusCompleted})
		}, about: transferCheck},
		"parameters": {lie: func(r *scanner.Run) {
			transfer(r).Parameters, transfer(r).Outcome = []byte(`{"tolerate":true}`), scanner.Pass
		}, about: transferCheck},
		"profile-digest": {lie: func(r *scanner.Run) {
			r.Profile.Digest, transfer(r).Outcome = "sha256:"+strings.Repeat("0", 64), scanner.Pass
		}, about: transferCheck},
		"profile-of-nobody": {lie: func(r *scanner.Run) { r.Profile.ID, transfer(r).Outcome = "laxiste", scanner.Pass }, about: transferCheck},
		"coverage": {lie: func(r *scanner.Run) {
			for i := range r.Coverage {
				r.Coverage[i].Status = scanner.StatusCompleted
			}
			transfer(r).Outcome = scanner.Pass
		}, about: transferCheck},
		"pass-without-observation": {lie: func(r *scanner.Run) {
			transfer(r).Outcome, transfer(r).Observations = scanner.Pass, []string{}
		}, refused: "it passes without an observation"},
		"target-kind": {lie: func(r *scanner.Run) {
			odd := scanner.Target{Kind: "hopital", ID: "x"}
			f := *transfer(r)
			f.Target, f.Fingerprint = odd, scanner.Fingerprint(f.Check, odd.Key())
			r.Findings = append(r.Findings, f)
			r.Coverage = append(r.Coverage, scanner.Coverage{Check: f.Check, Target: odd, Status: scanner.StatusCompleted})
		}, refused: `no target is of kind "hopital"`},
		"target-kind-observed":  {lie: change(func(o *scanner.Observation) { o.Target.Kind = "hopital" }), refused: `no target is of kind "hopital"`},
		"observation-vantage":   {lie: func(r *scanner.Run) { r.Vantage = scanner.VantageInside }, refused: `has seen nothing from "internet"`},
		"older-than-run":        {lie: change(func(o *scanner.Observation) { o.At = o.At.Add(-time.Hour) }), refused: "older than its run"},
		"before-2020":           {lie: func(r *scanner.Run) { r.Started = time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC) }, refused: "is before 2020"},
		"observed-before-2020":  {lie: change(func(o *scanner.Observation) { o.At = o.At.AddDate(-27, 0, 0) }), refused: "is before 2020"},
		"in-the-future":         {lie: func(r *scanner.Run) { r.Ended = r.Ended.Add(48 * time.Hour) }, refused: "is in the future"},
		"unknown-outcome":       {lie: func(r *scanner.Run) { transfer(r).Outcome = "fine" }, refused: "is unknown"},
		"unknown-control-state": {lie: func(r *scanner.Run) { r.Controls[0].State = "perfect" }, refused: "is unknown"},
		"twice":                 {lie: func(r *scanner.Run) { r.Findings = append(r.Findings, *transfer(r)) }, refused: "there twice"},
		"uncovered":             {lie: func(r *scanner.Run) { r.Coverage = nil }, refused: "coverage of the run does not speak of it"},
		"other-fingerprint":     {lie: func(r *scanner.Run) { transfer(r).Fingerprint = strings.Repeat("a", 64) }, refused: "another fingerprint"},
		"observation-of-nobody": {lie: func(r *scanner.Run) { transfer(r).Observations = []string{"obs-000000000000000000000000"} }, refused: "not held"},
		"other-establishment":   {lie: func(r *scanner.Run) { r.Establishment.FINESS = siteB }, refused: "establishment"},
	} {
		t.Run(name, func(t *testing.T) {
			r, a := judging(t)
			run := honest(t, a)
			want := *transfer(&run)
			test.lie(&run)
			h := a.Header()
			raw := a.SealAnything(h, run)
			answer := a.Put(h.ID, raw)
			if test.refused != "" {
				if answer.Status < 400 || !strings.Contains(string(answer.Body), quoted(test.refused)) {
					t.Fatalf("status %d, %s; want a refusal that names %q", answer.Status, answer.Body, test.refused)
				}
				return
			}
			if answer.Status != http.StatusCreated {
				t.Fatalf("status %d, %s", answer.Status, answer.Body)
			}
			got := standsAs(t, r, want.Fingerprint)
			if diff := cmp.Diff(told(want), told(got.Finding)); diff != "" {
				t.Errorf("the region shows (-facts +shown):\n%s", diff)
			}
			list := disputed(t, r)
			if !slices.ContainsFunc(list, func(d store.Disagreement) bool { return strings.HasPrefix(d.Name, test.about) }) {
				t.Errorf("nothing is told of %s: %+v", test.about, list)
			}
			checkNothingUnobservedPasses(t, r)
			deeds, err := r.Store.Deeds(t.Context(), store.Region(), 9)
			if err != nil || !slices.ContainsFunc(deeds, func(d store.Deed) bool { return d.Action == "disagreement" }) {
				t.Errorf("the journal does not tell: %+v, %v", deeds, err)
			}
		})
	}
}

// checkNothingUnobservedPasses: no claim about what was not seen is shown.
func checkNothingUnobservedPasses(t *testing.T, r *regiontest.Region) {
	t.Helper()
	list, err := r.Store.Findings(t.Context(), store.Region(), siteA, store.Filter{Outcome: scanner.Pass, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if len(f.Observations) == 0 || f.Target.ID == "autre.test" {
			t.Errorf("%s passes on %s", f.Check, f.Target.ID)
		}
	}
}

// quoted is a text as the JSON of a problem has it.
func quoted(text string) string { return strings.ReplaceAll(text, `"`, `\"`) }

// change lies in both looks, and has the identifiers follow.
func change(lie func(*scanner.Observation)) func(*scanner.Run) {
	return func(r *scanner.Run) {
		for i := range r.Observations {
			lie(&r.Observations[i])
		}
		r.Identify()
	}
}

// told is what a reader sees of a finding.
func told(f scanner.Finding) scanner.Finding {
	f.Observations = nil
	return f
}

// TestUnknownCheckIsShownAsClaimed comes from a newer agent.
func TestUnknownCheckIsShownAsClaimed(t *testing.T) {
	storetest.Each(t, testUnknownCheckIsShownAsClaimed)
}

func testUnknownCheckIsShownAsClaimed(t *testing.T) {
	r, a := judging(t)
	run := honest(t, a)
	f := *transfer(&run)
	f.Check, f.Outcome, f.Title = "exposure.of-tomorrow", scanner.Pass, scanner.Text{FR: "Mots de l'agent", EN: "Words of the agent"}
	f.Fingerprint = scanner.Fingerprint(f.Check, f.Target.Key())
	run.Findings = append(run.Findings, f)
	run.Coverage = append(run.Coverage, scanner.Coverage{Check: f.Check, Target: f.Target, Status: scanner.StatusCompleted})
	a.Deliver(run)
	got := standsAs(t, r, f.Fingerprint)
	if got.Outcome != scanner.Inconclusive || got.Reason != "not-judged-here" || got.Values["claimed"] != "pass" {
		t.Errorf("%s (%s), %v", got.Outcome, got.Reason, got.Values)
	}
	if strings.Contains(got.Title.FR+got.Message.FR, "Mots de l'agent") || !strings.Contains(got.Message.FR, "conforme") {
		t.Errorf("shown as %q, %q", got.Title.FR, got.Message.FR)
	}
	if list := disputed(t, r); len(list) != 0 {
		t.Errorf("a newer agent is disputed: %+v", list)
	}
}

// TestTwoPlacesInTurn: an agent inside and one on the internet look in turn at what
// does not change. Nothing happens, and what the one could not judge hides nothing.
func TestTwoPlacesInTurn(t *testing.T) { storetest.Each(t, testTwoPlacesInTurn) }

func testTwoPlacesInTurn(t *testing.T) {
	r, outside := judging(t)
	inside := r.Enrol(siteA)
	start := time.Now().UTC().Add(-24 * time.Hour)
	run := honest(t, outside)
	fp := transfer(&run).Fingerprint
	for i := range 6 {
		at := start.Add(time.Duration(2*i) * time.Hour)
		outside.Deliver(regiontest.Looked(t, outside.Site, at, scanner.VantageInternet, fact.TransferDelivered))
		inside.Deliver(regiontest.Looked(t, inside.Site, at.Add(time.Hour), scanner.VantageInside, fact.TransferDelivered))
		if f := standsAs(t, r, fp); f.Outcome != scanner.Fail || f.Vantage != scanner.VantageInternet || f.Gone {
			t.Fatalf("turn %d: %s from %s", i, f.Outcome, f.Vantage)
		}
	}
	events, err := r.Store.Events(t.Context(), store.Region(), siteA, fp)
	if err != nil || len(events) != 1 {
		t.Errorf("events %+v, want the birth only: %v", events, err)
	}
}

// TestFailureNotSeenAgainStaysOpen: the agent stops looking at the domain.
func TestFailureNotSeenAgainStaysOpen(t *testing.T) {
	storetest.Each(t, testFailureNotSeenAgainStaysOpen)
}

func testFailureNotSeenAgainStaysOpen(t *testing.T) {
	r, a := judging(t)
	start := time.Now().UTC().Add(-24 * time.Hour)
	run := regiontest.Looked(t, a.Site, start, scanner.VantageInternet, fact.TransferDelivered)
	fp := transfer(&run).Fingerprint
	a.Deliver(run)
	seen := start.Add(time.Hour)
	a.Deliver(regiontest.Looked(t, a.Site, seen, scanner.VantageInternet, fact.TransferDelivered))
	a.Deliver(regiontest.Concluded(t, a.Site, start.Add(2*time.Hour), scanner.VantageInternet))
	f := standsAs(t, r, fp)
	if f.Outcome != scanner.Fail || f.Observed != store.ObservedOpen || !f.Gone || !f.LastSeen.Equal(seen.Truncate(time.Microsecond)) {
		t.Errorf("%s, %s, gone %v, last seen %s; want a failure still open, last seen %s", f.Outcome, f.Observed, f.Gone, f.LastSeen, seen)
	}
	controls, err := r.Store.Controls(t.Context(), store.Region(), siteA)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(controls, func(c store.Control) bool {
		return c.State == scanner.NotSatisfied && slices.Contains(c.Checks, transferCheck)
	}) {
		t.Error("no control is held by the failure that was not seen again")
	}
	a.Deliver(regiontest.Looked(t, a.Site, start.Add(3*time.Hour), scanner.VantageInternet, fact.TransferRefused))
	if f := standsAs(t, r, fp); f.Outcome != scanner.Pass || f.Observed != store.ObservedResolved || f.Gone {
		t.Errorf("corrected: %s, %s", f.Outcome, f.Observed)
	}
}

// TestRejudge has a region that believed its agents judge for itself.
func TestRejudge(t *testing.T) { storetest.Each(t, testRejudge) }

func testRejudge(t *testing.T) {
	r := newRegion(t)
	a := r.Enrol(siteA)
	run := honest(t, a)
	fp := transfer(&run).Fingerprint
	transfer(&run).Outcome = scanner.Pass
	a.Deliver(run)
	before := r.Rows(regiontest.Projections()...)
	turns, n, err := ingest.Rejudge(t.Context(), r.Store, regiontest.RealJudge(t), true)
	if err != nil || n != 1 || !slices.ContainsFunc(turns, func(turn store.Turn) bool {
		return turn.Name == transferCheck && turn.Was.Outcome == "pass" && turn.Became.Outcome == "fail"
	}) {
		t.Fatalf("%d bundles, turns %+v, %v", n, turns, err)
	}
	if diff := cmp.Diff(before, r.Rows(regiontest.Projections()...)); diff != "" {
		t.Errorf("a trial changed (-before +after):\n%s", diff)
	}
	if _, _, err := ingest.Rejudge(t.Context(), r.Store, regiontest.RealJudge(t), false); err != nil {
		t.Fatal(err)
	}
	if f := standsAs(t, r, fp); f.Outcome != scanner.Fail {
		t.Errorf("judged again: %s", f.Outcome)
	}
	if turns, _, err := ingest.Rejudge(t.Context(), r.Store, regiontest.RealJudge(t), false); len(turns) != 0 || err != nil {
		t.Errorf("judged a third time, it turns: %+v, %v", turns, err)
	}
}
