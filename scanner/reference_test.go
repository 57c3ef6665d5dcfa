// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"encoding/json"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carescan/scanner"
)

// porter is the reference of these tests: who says which doors may be open.
type porter struct {
	Allows bool `json:"allows"`
}

func (porter) FactKind() string { return "porter" }
func (porter) FactName() (fr, en string) {
	return "le registre du portier", "the register of the porter"
}

// guarded fails on a door that is open and not allowed.
func guarded(_ scanner.Case[limits], d door, p porter) scanner.Verdict {
	if d.Open && !p.Allows {
		return scanner.Failed("open", nil)
	}
	return scanner.Passed("guarded", nil)
}

func guardedCheck() scanner.Check {
	return scanner.Check{
		ID: "exposure.guarded", Revision: 1, Severity: scanner.High, Vantage: scanner.VantageInternet,
		Judge: scanner.Against(limits{}, guarded),
	}
}

// porterAt is a reference, read in the papers of the establishment.
func porterAt(t testing.TB, target scanner.Target, allows bool, change func(*scanner.Observation)) scanner.Observation {
	t.Helper()
	o, err := scanner.Saw(target, porter{allows})
	if err != nil {
		t.Fatal(err)
	}
	o.Vantage, o.At, o.Probe = scanner.VantageDeclared, time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC), "read"
	if change != nil {
		change(&o)
	}
	return o.Identify()
}

func TestAgainst_needsAreReadOffTheFunction(t *testing.T) {
	j := guardedCheck().Judge
	if j.Fact != "door" || j.Reference != "porter" {
		t.Errorf("reads %q against %q", j.Fact, j.Reference)
	}
}

func TestAgainst_reference(t *testing.T) {
	site := scanner.Target{Kind: scanner.KindEstablishment, ID: "690781810"}
	other, mine := scanner.DomainTarget("other.test"), scanner.DomainTarget("chu.test")
	unseen := func(o *scanner.Observation) { o.Status, o.Fact, o.Error = scanner.StatusError, nil, "no key" }
	partial := func(o *scanner.Observation) { o.Status, o.Error = scanner.StatusPartial, "half a page" }
	broken := func(o *scanner.Observation) { o.Fact = json.RawMessage(`{"allows":"perhaps"}`) }
	later := func(o *scanner.Observation) { o.At = o.At.Add(time.Hour) }
	laterUnseen := func(o *scanner.Observation) { later(o); unseen(o) }
	for _, c := range []struct {
		name    string
		beside  []scanner.Observation
		want    string
		message string // part of the French one
		read    int    // index of the reference among those beside; -1 for none
	}{
		{"the-only-one-serves-every-target", []scanner.Observation{porterAt(t, site, true, nil)}, "pass guarded", "", 0},
		{"it-may-fail", []scanner.Observation{porterAt(t, site, false, nil)}, "fail open", "", 0},
		{"the-one-of-the-same-target-comes-first", []scanner.Observation{porterAt(t, site, false, nil), porterAt(t, mine, true, nil)}, "pass guarded", "", 1},
		{"none", nil, "inconclusive no-reference", "le registre du portier\u00a0: ce passage n'en contient pas", -1},
		{"not-seen", []scanner.Observation{porterAt(t, site, true, unseen)}, "inconclusive no-reference", "la lecture n'a pas abouti", -1},
		{"partial", []scanner.Observation{porterAt(t, site, true, partial)}, "inconclusive no-reference", "la lecture est incomplète", -1},
		{
			"several-and-none-its-own",
			[]scanner.Observation{porterAt(t, site, true, nil), porterAt(t, other, true, nil)},
			"inconclusive no-reference", "plusieurs", -1,
		},
		{"its-own-unseen-is-not-replaced", []scanner.Observation{porterAt(t, site, true, nil), porterAt(t, mine, true, unseen)}, "inconclusive no-reference", "n'a pas abouti", -1},
		{"newest-look", []scanner.Observation{porterAt(t, site, true, later), porterAt(t, site, false, nil)}, "pass guarded", "", 0},
		{"newest-look-that-saw", []scanner.Observation{porterAt(t, site, true, nil), porterAt(t, site, false, laterUnseen)}, "pass guarded", "", 0},
		{"unreadable", []scanner.Observation{porterAt(t, site, true, broken)}, "inconclusive check-error", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := observed(t, door{Open: true}, nil)
			f := guardedCheck().Evaluate(o, nil, append(c.beside, o)...)
			if got := string(f.Outcome) + " " + f.Reason; got != c.want || !strings.Contains(f.Message.FR, c.message) {
				t.Errorf("concluded %q (%s), want %q (…%s…)", got, f.Message.FR, c.want, c.message)
			}
			if c.message != "" && (f.Message.EN == "" || strings.ContainsAny(f.Message.FR+f.Message.EN, "{}")) {
				t.Errorf("message is not whole: %+v", f.Message)
			}
			want := []string{o.ID}
			if c.read >= 0 {
				want = append(want, c.beside[c.read].ID)
			}
			if diff := cmp.Diff(want, f.Observations); diff != "" {
				t.Errorf("rests on (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAgainst_vantageBindsTheObservedFactOnly(t *testing.T) {
	reference := porterAt(t, scanner.Target{Kind: scanner.KindRegister, ID: "doors"}, true, nil)
	inside := observed(t, door{Open: true}, func(o *scanner.Observation) { o.Vantage = scanner.VantageInside })
	if f := guardedCheck().Evaluate(inside, nil, reference); f.Reason != "wrong-vantage" || len(f.Observations) != 1 {
		t.Errorf("concluded %s on %v", f.Reason, f.Observations)
	}
}

func TestAgainst_partialObservationMayFailAndNeverPass(t *testing.T) {
	half := func(o *scanner.Observation) { o.Status, o.Error = scanner.StatusPartial, "back door" }
	reference := porterAt(t, scanner.Target{Kind: scanner.KindRegister, ID: "doors"}, false, nil)
	if f := guardedCheck().Evaluate(observed(t, door{Open: true}, half), nil, reference); f.Outcome != scanner.Fail {
		t.Errorf("half a look at an open door: %s", f.Outcome)
	}
	if f := guardedCheck().Evaluate(observed(t, door{}, half), nil, reference); f.Reason != "partial" {
		t.Errorf("half a look at a shut door: %s", f.Reason)
	}
}

func TestBeside_concludesWithoutItsReference(t *testing.T) {
	check := scanner.Check{ID: "exposure.guarded", Severity: scanner.High, Judge: scanner.Beside(limits{}, func(_ scanner.Case[limits], d door, p *porter) scanner.Verdict {
		switch {
		case p == nil:
			return scanner.FailedAs(scanner.Low, "nobody-knows", nil)
		case p.Allows:
			return scanner.Passed("allowed", nil)
		}
		return scanner.Failed("open", nil)
	})}
	o := observed(t, door{Open: true}, nil)
	site := scanner.Target{Kind: scanner.KindEstablishment, ID: "690781810"}
	partial := porterAt(t, site, true, func(o *scanner.Observation) { o.Status = scanner.StatusPartial })
	for name, c := range map[string]struct {
		beside []scanner.Observation
		want   string
		read   int
	}{
		"known":   {[]scanner.Observation{porterAt(t, site, true, nil)}, "pass allowed", 2},
		"unknown": {nil, "fail nobody-knows", 1},
		"partial": {[]scanner.Observation{partial}, "fail nobody-knows", 1},
	} {
		f := check.Evaluate(o, nil, c.beside...)
		if got := string(f.Outcome) + " " + f.Reason; got != c.want || len(f.Observations) != c.read {
			t.Errorf("%s: concluded %q on %d observations, want %q on %d", name, got, len(f.Observations), c.want, c.read)
		}
	}
}

// Both looks are judged against the newest reference that was wholly seen, even
// when it was read again meanwhile.
func TestConclude_oneReferenceForEveryLook(t *testing.T) {
	check := guardedCheck()
	check.Confirm = scanner.ConfirmLater
	seen := looks(t, "open", "open")
	register := scanner.Target{Kind: scanner.KindRegister, ID: "doors"}
	old := porterAt(t, register, true, nil)
	newest := porterAt(t, register, false, func(o *scanner.Observation) { o.At = o.At.Add(time.Minute) })
	f := check.Conclude(seen, nil, append(seen, newest, old)...)
	if f.Outcome != scanner.Fail {
		t.Errorf("concluded %s %s", f.Outcome, f.Reason)
	}
	if diff := cmp.Diff([]string{seen[0].ID, newest.ID, seen[1].ID}, f.Observations); diff != "" {
		t.Errorf("rests on (-want +got):\n%s", diff)
	}
}

func TestDoubts_areJudgedAgainstTheReference(t *testing.T) {
	check := guardedCheck()
	check.Confirm = scanner.ConfirmAtOnce
	plan := scanner.Plan{Checks: []scanner.PlannedCheck{{Check: check}}}
	open := looks(t, "open")[0]
	if got := plan.Doubts([]scanner.Observation{open}); len(got) != 0 {
		t.Errorf("doubts = %v: nothing fails without a reference", got)
	}
	run := []scanner.Observation{open, porterAt(t, scanner.Target{Kind: scanner.KindRegister, ID: "doors"}, false, nil)}
	if diff := cmp.Diff(map[string]scanner.Doubt{open.ID: {How: scanner.ConfirmAtOnce}}, plan.Doubts(run)); diff != "" {
		t.Errorf("doubts (-want +got):\n%s", diff)
	}
}

// porters adds references of every sort to a world, most of them good.
func porters(t *testing.T, w world, seed int64) []scanner.Observation {
	r := rand.New(rand.NewSource(seed))
	run := slices.Clone(w.Observations)
	for range r.Intn(3) {
		target := scanner.Target{Kind: scanner.KindRegister, ID: "doors"}
		if r.Intn(3) == 0 {
			target = scanner.DomainTarget([]string{"d0.test", "d1.test"}[r.Intn(2)])
		}
		run = append(run, porterAt(t, target, r.Intn(2) == 0, func(o *scanner.Observation) {
			o.At = o.At.Add(time.Duration(r.Intn(3)) * time.Minute)
			switch r.Intn(6) {
			case 0:
				o.Status = scanner.StatusPartial
			case 1:
				o.Status, o.Fact = scanner.StatusError, nil
			}
		}))
	}
	return run
}

func TestJudge_neverConcludesWithoutItsReference(t *testing.T) {
	plan := scanner.Plan{Checks: []scanner.PlannedCheck{{Check: guardedCheck()}}}
	concluded := 0
	hold(t, func(w world, seed int64) bool {
		run := porters(t, w, seed)
		byID := map[string]scanner.Observation{}
		for _, o := range run {
			byID[o.ID] = o
		}
		for _, f := range plan.Judge(run).Findings {
			if f.Outcome != scanner.Pass && f.Outcome != scanner.Fail {
				continue
			}
			concluded++
			if len(f.Observations) != 2 {
				return false
			}
			if reference := byID[f.Observations[1]]; reference.Kind != "porter" || reference.Status != scanner.StatusCompleted || len(reference.Fact) == 0 {
				return false
			}
		}
		return true
	})
	if concluded == 0 {
		t.Error("nothing was concluded: this proves nothing")
	}
}

func TestJudge_orderOfReferencesIsIrrelevant(t *testing.T) {
	plan := scanner.Plan{Checks: []scanner.PlannedCheck{{Check: guardedCheck()}}}
	hold(t, func(w world, seed int64) bool {
		run := porters(t, w, seed)
		shuffled := slices.Clone(run)
		rand.New(rand.NewSource(seed)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		return cmp.Equal(plan.Judge(run), plan.Judge(shuffled), cmpopts.EquateEmpty())
	})
}
