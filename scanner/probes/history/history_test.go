// SPDX-License-Identifier: Apache-2.0

package history_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/history"
)

var (
	begin = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	chu   = scanner.Establishment{FINESS: "690781810"}
)

// The checks of these tests: one reads its own past, one does not, and one reads
// the papers of the establishment.
func checks() []scanner.Check {
	return []scanner.Check{
		{ID: "exposure.slow", Vantage: scanner.VantageInternet, Judge: scanner.Judge{Fact: "door", Reference: "history"}},
		{ID: "exposure.plain", Vantage: scanner.VantageInternet, Judge: scanner.Judge{Fact: "door"}},
		{ID: "governance.paper", Judge: scanner.Judge{Fact: "paper"}},
	}
}

// found is a finding and the observation it rests on.
type found struct {
	check, target string
	outcome       scanner.Outcome
	reason        string
	vantage       scanner.Vantage
	status        scanner.Status
}

// exposed is a finding seen from the internet.
func exposed(check, target string, outcome scanner.Outcome, reason string) found {
	return found{check, target, outcome, reason, scanner.VantageInternet, scanner.StatusCompleted}
}

// runOn is the sealed run of a day, counted from the first.
func runOn(day int, list ...found) history.Sealed {
	run := scanner.Run{
		ID: fmt.Sprintf("run-%05d", day), Establishment: chu, Vantage: scanner.VantageInternet,
		Profile: scanner.ProfileRef{ID: "etablissement"}, Status: scanner.RunComplete, Started: begin.AddDate(0, 0, day),
	}
	for i, f := range list {
		o := scanner.Observation{ID: fmt.Sprintf("obs-%d", i), Kind: "door", Target: scanner.DomainTarget(f.target), Vantage: f.vantage, Status: f.status}
		run.Observations = append(run.Observations, o)
		run.Findings = append(run.Findings, scanner.Finding{
			Check: f.check, Target: o.Target, Outcome: f.outcome, Reason: f.reason, Observations: []string{o.ID},
		})
	}
	return history.Sealed{Run: run, Bundle: fmt.Sprintf("sha256:%064x", day), Seq: uint64(day + 1)}
}

// after is the memory of some runs, in order.
func after(runs ...history.Sealed) fact.History {
	h := history.Empty()
	for _, r := range runs {
		h = history.Add(h, r, checks())
	}
	return h
}

func TestAdd_run(t *testing.T) {
	sealed := runOn(0,
		exposed("exposure.slow", "a.test", scanner.Fail, "slow"), exposed("exposure.plain", "a.test", scanner.Pass, "fine"),
		exposed("exposure.plain", "b.test", scanner.Inconclusive, "no-answer"), exposed("governance.paper", "c.test", scanner.NotApplicable, "none"))
	h := after(sealed)
	want := fact.PastRun{
		ID: "run-00000", Bundle: sealed.Bundle, Seq: 1, Started: begin, Vantage: "internet", Profile: "etablissement", Status: "complete",
		Scope: h.Runs[0].Scope, Families: []fact.FamilyCount{{Family: "exposure", Pass: 1, Fail: 1, Inconclusive: 1}, {Family: "governance", NotApplicable: 1}},
	}
	if diff := cmp.Diff([]fact.PastRun{want}, h.Runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if !h.Begins.Equal(begin) || h.Known != 1 || h.Dropped != 0 {
		t.Errorf("memory begins %s, knows %d, dropped %d", h.Begins, h.Known, h.Dropped)
	}
}

func TestAdd_twiceIsOnce(t *testing.T) {
	once := runOn(0, exposed("exposure.plain", "a.test", scanner.Inconclusive, "no-answer"))
	if diff := cmp.Diff(after(once), after(once, once)); diff != "" {
		t.Errorf("a run sealed twice counts twice (-once +twice):\n%s", diff)
	}
}

func TestUntold(t *testing.T) {
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprintf("run-%05d", i))
	}
	for name, c := range map[string]struct {
		h    fact.History
		want []string
	}{
		"killed-before-it-was-told": {after(runOn(197), runOn(198)), many[199:]},
		"all-told":                  {after(runOn(199)), nil},
		"memory-lost":               {history.Empty(), many[200-128:]},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, history.Untold(c.h, many)); diff != "" {
				t.Errorf("untold (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAdd_leavesTheMemoryGivenAsItWas(t *testing.T) {
	first := runOn(0, exposed("exposure.slow", "a.test", scanner.Fail, "slow"), exposed("exposure.plain", "a.test", scanner.Inconclusive, "x"))
	h := after(first)
	before, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	history.Add(h, runOn(1, exposed("exposure.slow", "a.test", scanner.Fail, "slow"), exposed("exposure.plain", "a.test", scanner.Inconclusive, "x")), checks())
	if now, _ := json.Marshal(h); string(now) != string(before) {
		t.Errorf("memory changed:\n%s\n%s", before, now)
	}
}

func TestAdd_standings(t *testing.T) {
	slow := func(o scanner.Outcome, reason string) found { return exposed("exposure.slow", "a.test", o, reason) }
	elsewhere := slow(scanner.Inconclusive, "wrong-vantage")
	elsewhere.vantage = scanner.VantageInside
	h := after(
		runOn(0, slow(scanner.Pass, "fine")), runOn(1, slow(scanner.Fail, "slow")), runOn(2, slow(scanner.Inconclusive, "no-answer")),
		runOn(3, elsewhere), runOn(4), runOn(5, slow(scanner.Fail, "slow")), runOn(6, slow(scanner.Fail, "stopped")),
		runOn(7, exposed("exposure.plain", "a.test", scanner.Fail, "plain")))
	day := func(n int) time.Time { return begin.AddDate(0, 0, n) }
	want := []fact.Standing{{Check: "exposure.slow", Target: "domain/a.test", Periods: []fact.Period{
		{Outcome: "pass", Reason: "fine", From: day(0), To: day(0)},
		{Outcome: "fail", Reason: "slow", From: day(1), To: day(5)},
		{Outcome: "fail", Reason: "stopped", From: day(6), To: day(6)},
	}}}
	if diff := cmp.Diff(want, h.Standings); diff != "" {
		t.Errorf("standings (-want +got):\n%s", diff)
	}
}

func TestAdd_doubts(t *testing.T) {
	plain := exposed("exposure.plain", "a.test", scanner.Inconclusive, "no-answer")
	skipped, elsewhere, paper := plain, plain, plain
	skipped.status = scanner.StatusSkipped
	elsewhere.vantage = scanner.VantageInside
	paper.check, paper.vantage = "governance.paper", scanner.VantageDeclared
	for _, c := range []struct {
		name string
		runs []found // one a run
		want int     // runs in a row
	}{
		{"three-in-a-row", []found{plain, plain, plain}, 3},
		{"ended-by-a-conclusion", []found{plain, plain, exposed("exposure.plain", "a.test", scanner.Fail, "bad")}, 0},
		{"begun-again", []found{plain, exposed("exposure.plain", "a.test", scanner.Pass, "fine"), plain}, 1},
		{"not-looked-at-by-choice", []found{plain, skipped, plain}, 2},
		{"from-elsewhere", []found{plain, elsewhere, plain}, 2},
		{"read-in-papers", []found{paper, paper, paper}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := history.Empty()
			for day, f := range c.runs {
				h = history.Add(h, runOn(day, f), checks())
			}
			got := 0
			if len(h.Doubts) > 0 {
				got = h.Doubts[0].Runs
			}
			if got != c.want {
				t.Errorf("%d runs in a row, want %d: %+v", got, c.want, h.Doubts)
			}
		})
	}
	if h := after(runOn(0, plain), runOn(29)); len(h.Doubts) != 1 {
		t.Error("a target looked at less than a month ago is forgotten")
	}
	if h := after(runOn(0, plain), runOn(31)); len(h.Doubts) != 0 {
		t.Error("a target that is looked at no more is still asked for")
	}
}

// counted is a run that counted one population.
func counted(day, covered, unknown, total int, change func(*scanner.Observation)) history.Sealed {
	sealed := runOn(day)
	o, err := scanner.Saw(scanner.Target{Kind: scanner.KindApplication, ID: "dpi"}, fact.Accounts{
		Populations: []fact.Population{{Name: "nurses", Enabled: total, Equipped: covered, UnknownEquipped: unknown}},
	})
	if err != nil {
		panic(err) // plain data always encodes
	}
	o.At = sealed.Run.Started
	if change != nil {
		change(&o)
	}
	sealed.Run.Observations = append(sealed.Run.Observations, o)
	return sealed
}

func TestAdd_shares(t *testing.T) {
	partial := func(o *scanner.Observation) { o.Status = scanner.StatusPartial }
	for _, c := range []struct {
		name       string
		runs       []history.Sealed
		last, best int // covered
	}{
		{"first", []history.Sealed{counted(0, 90, 0, 100, nil)}, 90, 90},
		{"rise", []history.Sealed{counted(0, 90, 0, 100, nil), counted(1, 95, 0, 100, nil)}, 95, 95},
		{"fall", []history.Sealed{counted(0, 90, 0, 100, nil), counted(1, 80, 0, 100, nil)}, 80, 90},
		{"small-steps", []history.Sealed{counted(0, 90, 0, 100, nil), counted(1, 87, 0, 100, nil), counted(2, 84, 0, 100, nil)}, 84, 90},
		{"accepted-after-a-month", []history.Sealed{counted(0, 90, 0, 100, nil), counted(1, 80, 0, 100, nil), counted(32, 80, 0, 100, nil)}, 80, 80},
		{"best-of-the-month-is-over", []history.Sealed{counted(0, 90, 0, 100, nil), counted(20, 85, 0, 100, nil), counted(40, 80, 0, 100, nil)}, 80, 85},
		{"cut-short", []history.Sealed{counted(0, 90, 0, 100, nil), counted(1, 10, 0, 100, partial)}, 90, 90},
		{"contradictory", []history.Sealed{counted(0, 90, 0, 100, nil), counted(1, 90, 20, 100, nil)}, 90, 90},
		{"unknown-is-not-covered", []history.Sealed{counted(0, 90, 0, 100, nil), counted(1, 80, 20, 100, nil)}, 80, 90},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := after(c.runs...)
			at := slices.IndexFunc(h.Shares, func(s fact.PastShare) bool { return s.Measure == "equipped" })
			if at < 0 || h.Shares[at].Last.Covered != c.last || h.Shares[at].Best.Covered != c.best {
				t.Errorf("shares %+v, want last %d and best %d", h.Shares, c.last, c.best)
			}
		})
	}
}

func TestAdd_directory(t *testing.T) {
	sealed := runOn(0)
	o, err := scanner.Saw(scanner.Target{Kind: scanner.KindDirectory, ID: "ad"}, fact.Directory{Privileged: 12, PrivilegedEnforced: 9, PrivilegedUnknown: 1})
	if err != nil {
		t.Fatal(err)
	}
	o.At = begin
	sealed.Run.Observations = []scanner.Observation{o}
	figure := fact.Figure{Covered: 9, Unknown: 1, Total: 12, At: begin}
	want := []fact.PastShare{{Target: "directory/ad", Population: "privileged", Measure: "enforced", Last: figure, Best: figure}}
	if diff := cmp.Diff(want, after(sealed).Shares); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
}

// The authorisation is renewed and the scope is not: two runs are about the same
// thing when what may be looked at is the same, however it is written.
func TestAdd_scope(t *testing.T) {
	scope := func(change func(*scanner.Scope)) string {
		sealed := runOn(0)
		sealed.Run.Scope = scanner.Scope{
			Names: []string{"a.test", "b.test"}, Ranges: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
			Authorisation: scanner.Authorisation{By: "RSSI", Until: begin},
		}
		change(&sealed.Run.Scope)
		return after(sealed).Runs[0].Scope
	}
	same := scope(func(*scanner.Scope) {})
	for name, change := range map[string]func(*scanner.Scope){
		"renewed": func(s *scanner.Scope) {
			s.Authorisation = scanner.Authorisation{By: "DG", Until: begin.AddDate(1, 0, 0)}
		},
		"order": func(s *scanner.Scope) { s.Names = []string{"b.test", "a.test"} },
	} {
		if scope(change) != same {
			t.Errorf("%s: another scope", name)
		}
	}
	for name, change := range map[string]func(*scanner.Scope){
		"name": func(s *scanner.Scope) { s.Names = s.Names[:1] }, "range": func(s *scanner.Scope) { s.Ranges = nil },
		"excluded": func(s *scanner.Scope) { s.Excluded = s.Ranges }, "excluded-name": func(s *scanner.Scope) { s.ExcludedNames = []string{"a.test"} },
	} {
		if scope(change) == same {
			t.Errorf("%s: the same scope", name)
		}
	}
}

// TestAdd_isBounded tells 10 000 runs of a large establishment to one memory.
func TestAdd_isBounded(t *testing.T) {
	h := history.Empty()
	long := strings.Repeat("n", 240)
	for hour := range 10_000 {
		var list []found
		for i := range 100 { // a thousand domains, a hundred once in four days
			if hour%96 != 0 {
				break
			}
			name := fmt.Sprintf("%d.%s.test", (100*hour/96+i)%1000, long)
			list = append(list, exposed("exposure.slow", name, scanner.Fail, fmt.Sprint("slow-", hour/2000)), exposed("exposure.plain", name, scanner.Inconclusive, "no-answer"))
		}
		list = append(list, exposed("exposure.slow", "first.test", scanner.Fail, "slow"))
		sealed := runOn(0, list...)
		sealed.Run.ID, sealed.Run.Started, sealed.Seq = fmt.Sprintf("run-%05d", hour), begin.Add(time.Duration(hour)*time.Hour), uint64(hour+1)
		h = history.Add(h, sealed, checks())
	}
	raw, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Runs) != 128 || len(h.Standings) != 200 || len(h.Doubts) != 200 || len(raw) > 1<<20 {
		t.Errorf("%d runs, %d standings, %d doubts, %d bytes", len(h.Runs), len(h.Standings), len(h.Doubts), len(raw))
	}
	if h.Known != 10_000 || !h.Begins.Equal(begin) || h.Dropped == 0 {
		t.Errorf("knows %d runs since %s, dropped %d", h.Known, h.Begins, h.Dropped)
	}
	if last := h.Runs[len(h.Runs)-1]; last.ID != "run-09999" {
		t.Errorf("newest is %s", last.ID)
	}
	if reach := h.Runs[len(h.Runs)-1].Started.Sub(h.Runs[0].Started); reach < 90*24*time.Hour {
		t.Errorf("runs reach %s back, too little for two audits 60 days apart", reach)
	}
	at := slices.IndexFunc(h.Standings, func(s fact.Standing) bool { return s.Target == "domain/first.test" })
	if at < 0 || !h.Standings[at].Periods[0].From.Equal(begin) {
		t.Error("the date of what was seen first, and in every run, is lost")
	}
	for _, s := range h.Standings {
		if len(s.Periods) > 8 {
			t.Fatalf("%d periods of %s", len(s.Periods), s.Target)
		}
	}
}

// TestAdd_runsKeptDoNotDependOnTheirOrder: two agents that seal at once, or a
// clock put right, keep the same runs.
func TestAdd_runsKeptDoNotDependOnTheirOrder(t *testing.T) {
	property := func(seed int64) bool {
		r := rand.New(rand.NewSource(seed))
		var runs []history.Sealed
		for i := range 300 {
			sealed := runOn(0)
			sealed.Run.ID = fmt.Sprintf("run-%05d", i)
			sealed.Run.Started = begin.Add(time.Duration(r.Intn(150*24)) * time.Hour)
			sealed.Run.Status = []scanner.RunStatus{scanner.RunComplete, scanner.RunPartial, scanner.RunFailed}[r.Intn(3)]
			sealed.Run.Vantage = []scanner.Vantage{scanner.VantageInternet, scanner.VantageInside}[r.Intn(2)]
			runs = append(runs, sealed)
		}
		one := after(runs...)
		r.Shuffle(len(runs), func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
		other := after(runs...)
		return cmp.Equal(one.Runs, other.Runs) && one.Begins.Equal(other.Begins) && one.Known == other.Known
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 10}); err != nil {
		t.Error(err)
	}
}

func TestAdd_findingsMayComeInAnyOrder(t *testing.T) {
	property := func(seed int64) bool {
		r := rand.New(rand.NewSource(seed))
		one, other := history.Empty(), history.Empty()
		for day := range 5 {
			var list []found
			for i := range 20 {
				outcome := scanner.Outcomes()[r.Intn(4)]
				list = append(list, exposed([]string{"exposure.slow", "exposure.plain"}[i%2], fmt.Sprintf("d%d.test", i/2), outcome, "r"+fmt.Sprint(r.Intn(2))))
			}
			one = history.Add(one, runOn(day, list...), checks())
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			other = history.Add(other, runOn(day, list...), checks())
		}
		return cmp.Equal(one, other)
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}

func TestProbe(t *testing.T) {
	remembered := after(runOn(0))
	for name, c := range map[string]struct {
		recall  history.Recall
		known   int
		missing bool
	}{
		"remembers": {func(scanner.Target) (fact.History, error) { return remembered, nil }, 1, false},
		"first-run": {func(scanner.Target) (fact.History, error) { return history.Empty(), nil }, 0, false},
		"damaged":   {func(scanner.Target) (fact.History, error) { return history.Empty(), errors.New("half a file") }, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			sightings, err := history.New(c.recall).Observe(t.Context(), nil, chu.Target())
			if err != nil || len(sightings) != 1 {
				t.Fatalf("saw %v, %v", sightings, err)
			}
			h, ok := sightings[0].Fact.(fact.History)
			if !ok || h.Known != c.known || h.Runs == nil || (len(sightings[0].Missing) > 0) != c.missing {
				t.Errorf("brought %+v, missing %q", h, sightings[0].Missing.Detail())
			}
		})
	}
}
