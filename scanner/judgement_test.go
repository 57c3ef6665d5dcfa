// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carescan/scanner"
)

// world is the observations of a run, at random: doors and other things, of a
// few targets, seen well or badly.
type world struct{ Observations []scanner.Observation }

// Generate draws mostly good observations, so that some worlds satisfy.
func (world) Generate(r *rand.Rand, _ int) reflect.Value {
	var w world
	for i := range r.Intn(6) {
		o := scanner.Observation{
			Kind: "door", Target: scanner.DomainTarget(fmt.Sprintf("d%d.test", i)), Vantage: scanner.VantageInternet,
			Status: scanner.StatusCompleted, Fact: json.RawMessage(`{"open":false}`),
		}
		spoil(r, &o)
		w.Observations = append(w.Observations, o.Identify())
	}
	return reflect.ValueOf(w)
}

func spoil(r *rand.Rand, o *scanner.Observation) {
	switch r.Intn(16) {
	case 0:
		o.Fact = json.RawMessage(`{"open":true}`)
	case 1:
		o.Status = scanner.StatusPartial
	case 2:
		o.Status, o.Fact = scanner.StatusError, nil
	case 3:
		o.Status, o.Fact = scanner.StatusSkipped, nil
	case 4:
		o.Vantage = scanner.VantageInside
	case 5:
		o.Kind = "window"
	case 6:
		o.Fact = json.RawMessage(`{"open":`)
	}
}

// doorPlan judges doors from the internet, for one control.
func doorPlan() scanner.Plan {
	check := doorCheck("exposure.door", judgeDoor)
	check.Vantage = scanner.VantageInternet
	return scanner.Plan{
		Establishment: scanner.Establishment{FINESS: "690781810"},
		Checks:        []scanner.PlannedCheck{{Check: check}},
		Controls:      []scanner.Control{{ID: "C1", Checks: []string{check.ID}}},
	}
}

func TestJudge(t *testing.T) {
	plan := doorPlan()
	plan.Checks = append(plan.Checks, scanner.PlannedCheck{
		Check: doorCheck("exposure.another", judgeDoor), Params: json.RawMessage(`{"strict":true}`),
	})
	plan.Controls = append(plan.Controls, scanner.Control{ID: "C2"})
	b := observed(t, door{Open: true}, func(o *scanner.Observation) { o.Target = scanner.DomainTarget("b.test") })
	a := observed(t, door{}, func(o *scanner.Observation) { o.Target = scanner.DomainTarget("a.test") })
	j := plan.Judge([]scanner.Observation{b, a})
	var got []string
	for _, f := range j.Findings {
		got = append(got, fmt.Sprint(f.Check, " ", f.Target.ID, " ", f.Outcome, " ", f.Severity))
	}
	want := []string{
		"exposure.another a.test pass high", "exposure.another b.test fail critical",
		"exposure.door a.test pass high", "exposure.door b.test fail high",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if j.Controls[0].State != scanner.NotSatisfied || j.Controls[1].State != scanner.ToExamine {
		t.Errorf("controls are %s and %s", j.Controls[0].State, j.Controls[1].State)
	}
}

func TestJudge_nothingObserved(t *testing.T) {
	j := doorPlan().Judge(nil)
	site := scanner.Target{Kind: scanner.KindEstablishment, ID: "690781810"}
	if len(j.Findings) != 1 || j.Findings[0].Outcome != scanner.Inconclusive || j.Findings[0].Target != site {
		t.Errorf("findings are %+v, want one that does not conclude about the establishment", j.Findings)
	}
	want := []scanner.Coverage{{
		Check: "exposure.door", Target: site, Status: scanner.StatusSkipped,
		Causes: scanner.Causes{{Code: scanner.CauseNoSource}}, Reason: "no source is declared",
	}}
	if diff := cmp.Diff(want, j.Coverage); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
	if j.Controls[0].State != scanner.ControlInconclusive {
		t.Errorf("control is %s, want %s", j.Controls[0].State, scanner.ControlInconclusive)
	}
}

func TestJudge_everyObservationIsAnswered(t *testing.T) {
	hold(t, func(w world) bool {
		doors := slices.DeleteFunc(slices.Clone(w.Observations), func(o scanner.Observation) bool { return o.Kind != "door" })
		want := max(len(doors), 1) // the finding that nothing was observed
		j := doorPlan().Judge(w.Observations)
		return len(j.Findings) == want && len(j.Coverage) == want
	})
}

func TestJudge_passingNeedsAWholeLookFromTheRightPlace(t *testing.T) {
	passes := 0
	hold(t, func(w world) bool {
		for _, f := range doorPlan().Judge(w.Observations).Findings {
			if f.Outcome != scanner.Pass {
				continue
			}
			passes++
			o := w.Observations[slices.IndexFunc(w.Observations, func(o scanner.Observation) bool { return o.ID == f.Observations[0] })]
			if o.Status != scanner.StatusCompleted || o.Vantage != scanner.VantageInternet || string(o.Fact) != `{"open":false}` {
				return false
			}
		}
		return true
	})
	if passes == 0 {
		t.Error("nothing passed: this proves nothing")
	}
}

func TestJudge_aFailureNeverSatisfies(t *testing.T) {
	bad := observed(t, door{Open: true}, nil)
	hold(t, func(w world) bool {
		return doorPlan().Judge(append(w.Observations, bad)).Controls[0].State == scanner.NotSatisfied
	})
}

func TestJudge_aDoubtNeverSatisfies(t *testing.T) {
	half := observed(t, door{}, func(o *scanner.Observation) { o.Status = scanner.StatusPartial })
	hold(t, func(w world) bool {
		return doorPlan().Judge(append(w.Observations, half)).Controls[0].State != scanner.Satisfied
	})
}

func TestJudge_orderIsIrrelevant(t *testing.T) {
	hold(t, func(w world, seed int64) bool {
		shuffled := slices.Clone(w.Observations)
		rand.New(rand.NewSource(seed)).Shuffle(len(shuffled), func(i, j int) {
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		})
		return cmp.Equal(doorPlan().Judge(w.Observations), doorPlan().Judge(shuffled), cmpopts.EquateEmpty())
	})
}

func TestJudge_isRepeatable(t *testing.T) {
	hold(t, func(w world) bool {
		return cmp.Equal(doorPlan().Judge(w.Observations), doorPlan().Judge(w.Observations))
	})
}
