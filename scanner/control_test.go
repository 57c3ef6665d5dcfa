// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"math/rand"
	"reflect"
	"slices"
	"testing"
	"testing/quick"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carescan/scanner"
)

var checkIDs = []string{"exposure.a", "exposure.b", "exposure.c", "exposure.d"}

// assembly is a control and the findings of a run, at random.
type assembly struct {
	Control  scanner.Control
	Findings []scanner.Finding
}

// Generate draws few checks and few outcomes, so that all their mixes come up.
func (assembly) Generate(r *rand.Rand, _ int) reflect.Value {
	a := assembly{Control: scanner.Control{ID: "C1", Checks: slices.Clone(checkIDs[:r.Intn(4)])}}
	outcomes := scanner.Outcomes()
	if r.Intn(2) == 0 {
		outcomes = []scanner.Outcome{scanner.Pass, scanner.NotApplicable} // satisfaction is rare otherwise
	}
	for range r.Intn(7) {
		check := checkIDs[r.Intn(len(checkIDs))]
		a.Findings = append(a.Findings, finding(check, outcomes[r.Intn(len(outcomes))], r.Int()))
	}
	return reflect.ValueOf(a)
}

func finding(check string, outcome scanner.Outcome, number int) scanner.Finding {
	return scanner.Finding{Check: check, Outcome: outcome, Fingerprint: scanner.Fingerprint(check, string(outcome), string(rune(number)))}
}

func hold(t *testing.T, property any) {
	t.Helper()
	if err := quick.Check(property, &quick.Config{MaxCount: 1000}); err != nil {
		t.Error(err)
	}
}

func TestFold(t *testing.T) {
	two := scanner.Control{ID: "C1", Checks: []string{"exposure.a", "exposure.b"}}
	tests := []struct {
		name     string
		control  scanner.Control
		outcomes map[string]scanner.Outcome
		want     scanner.ControlState
	}{
		{"no-check", scanner.Control{ID: "C1"}, map[string]scanner.Outcome{"exposure.a": scanner.Fail}, scanner.ToExamine},
		{"all-pass", two, map[string]scanner.Outcome{"exposure.a": scanner.Pass, "exposure.b": scanner.Pass}, scanner.Satisfied},
		{"pass-and-exempt", two, map[string]scanner.Outcome{"exposure.a": scanner.Pass, "exposure.b": scanner.NotApplicable}, scanner.Satisfied},
		{"all-exempt", two, map[string]scanner.Outcome{"exposure.a": scanner.NotApplicable, "exposure.b": scanner.NotApplicable}, scanner.ControlNotApplicable},
		{"one-silent", two, map[string]scanner.Outcome{"exposure.a": scanner.Pass}, scanner.ControlInconclusive},
		{"all-silent", two, nil, scanner.ControlInconclusive},
		{"one-doubt", two, map[string]scanner.Outcome{"exposure.a": scanner.Pass, "exposure.b": scanner.Inconclusive}, scanner.ControlInconclusive},
		{"one-fail-one-doubt", two, map[string]scanner.Outcome{"exposure.a": scanner.Fail, "exposure.b": scanner.Inconclusive}, scanner.NotSatisfied},
		{"one-fail-one-silent", two, map[string]scanner.Outcome{"exposure.b": scanner.Fail}, scanner.NotSatisfied},
		{"failure-of-another-control", two, map[string]scanner.Outcome{
			"exposure.a": scanner.Pass, "exposure.b": scanner.Pass, "exposure.c": scanner.Fail,
		}, scanner.Satisfied},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var findings []scanner.Finding
			for check, outcome := range tc.outcomes {
				findings = append(findings, finding(check, outcome, 0))
			}
			if got := tc.control.Fold(findings).State; got != tc.want {
				t.Errorf("state is %s, want %s", got, tc.want)
			}
		})
	}
}

func TestFold_aFailureNeverSatisfies(t *testing.T) {
	hold(t, func(a assembly, which uint8) bool {
		if len(a.Control.Checks) == 0 {
			return true
		}
		check := a.Control.Checks[int(which)%len(a.Control.Checks)]
		return a.Control.Fold(append(a.Findings, finding(check, scanner.Fail, 0))).State == scanner.NotSatisfied
	})
}

func TestFold_satisfiedLeavesNoDoubt(t *testing.T) {
	satisfied := 0
	hold(t, func(a assembly) bool {
		if a.Control.Fold(a.Findings).State != scanner.Satisfied {
			return true
		}
		satisfied++
		return len(a.Control.Checks) > 0 && withoutDoubt(a)
	})
	if satisfied == 0 {
		t.Error("no assembly was satisfied: this proves nothing")
	}
}

// withoutDoubt says again, check by check, what satisfying asks for.
func withoutDoubt(a assembly) bool {
	passed := false
	for _, check := range a.Control.Checks {
		heard := false
		for _, f := range a.Findings {
			if f.Check != check {
				continue
			}
			heard, passed = true, passed || f.Outcome == scanner.Pass
			if f.Outcome != scanner.Pass && f.Outcome != scanner.NotApplicable {
				return false
			}
		}
		if !heard {
			return false
		}
	}
	return passed
}

func TestFold_orderIsIrrelevant(t *testing.T) {
	hold(t, func(a assembly, seed int64) bool {
		shuffled := slices.Clone(a.Findings)
		rand.New(rand.NewSource(seed)).Shuffle(len(shuffled), func(i, j int) {
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		})
		return cmp.Equal(a.Control.Fold(a.Findings), a.Control.Fold(shuffled), cmpopts.SortSlices(func(x, y string) bool { return x < y }))
	})
}

func TestFold_strangersAreIrrelevant(t *testing.T) {
	hold(t, func(a assembly, which uint8) bool {
		stranger := finding("exposure.stranger", scanner.Outcomes()[which%4], 0)
		return cmp.Equal(a.Control.Fold(a.Findings), a.Control.Fold(append(a.Findings, stranger)))
	})
}

func TestFold_cites(t *testing.T) {
	hold(t, func(a assembly) bool {
		var cited []string
		for _, f := range a.Findings {
			if slices.Contains(a.Control.Checks, f.Check) {
				cited = append(cited, f.Fingerprint)
			}
		}
		return cmp.Equal(cited, a.Control.Fold(a.Findings).Findings, cmpopts.EquateEmpty())
	})
}
