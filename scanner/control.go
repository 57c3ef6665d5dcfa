// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"slices"
	"strconv"
)

// Confidence says how a rule of a catalog was verified (regulation.md
// section 0): V read in an official page, V2 in a secondary source, K known but
// not found, ? searched for and not found.
type Confidence string

// The confidence marks.
const (
	Verified  Confidence = "V"
	Secondary Confidence = "V2"
	Known     Confidence = "K"
	NotFound  Confidence = "?"
)

// Control is what a framework asks for, and the checks that serve it.
type Control struct {
	Catalog    string     `json:"catalog"` // id of the catalog it comes from
	ID         string     `json:"id"`      // official id
	Title      Text       `json:"title"`
	Source     string     `json:"source"`
	Confidence Confidence `json:"confidence"`
	Verified   string     `json:"verified"` // date of last verification, as 2006-01-02
	Checks     []string   `json:"checks"`   // empty: only a person can examine it
}

// ControlState is the state of a control, folded from findings.
type ControlState string

// The states of a control.
const (
	Satisfied            ControlState = "satisfied"
	NotSatisfied         ControlState = "not_satisfied"
	ControlInconclusive  ControlState = "inconclusive"
	ToExamine            ControlState = "to_examine" // by a person: no check serves it
	ControlNotApplicable ControlState = "not_applicable"
)

// ControlStates lists the states from the one that asks most of a reader.
func ControlStates() []ControlState {
	return []ControlState{NotSatisfied, ControlInconclusive, ToExamine, Satisfied, ControlNotApplicable}
}

// Label names the state on screen.
func (s ControlState) Label() Text { return s.Counted(1) }

// Counted names the state beside a number of controls.
func (s ControlState) Counted(n int) Text {
	words := Text{"{n#:non concluante|non concluantes}", "inconclusive"}
	switch s {
	case Satisfied:
		words = Text{"{n#:satisfaite|satisfaites}", "satisfied"}
	case NotSatisfied:
		words = Text{"{n#:non satisfaite|non satisfaites}", "not satisfied"}
	case ToExamine:
		words = Text{"à examiner", "to be examined"}
	case ControlNotApplicable:
		words = Text{"{n#:non applicable|non applicables}", "not applicable"}
	case ControlInconclusive:
	}
	return words.Fill(Values{"n": strconv.Itoa(n)})
}

// ControlResult is the state of a control after a run.
type ControlResult struct {
	Control
	State    ControlState `json:"state"`
	Strength Strength     `json:"strength,omitempty"` // what the state stands on, as of a finding
	Findings []string     `json:"findings"`           // fingerprints it rests on
}

// Fold concludes on a control from the findings of a run. One failure is
// enough not to satisfy; satisfying needs every check served to have spoken,
// without a doubt, and one of them to have passed.
func (c Control) Fold(findings []Finding) ControlResult { return FoldAll([]Control{c}, findings)[0] }

// FoldAll folds the findings of a run for each of some controls.
func FoldAll(controls []Control, findings []Finding) []ControlResult {
	of := map[string][]int{} // places of the findings of a check
	for i, f := range findings {
		of[f.Check] = append(of[f.Check], i)
	}
	var results []ControlResult
	for _, c := range controls {
		results = append(results, c.fold(findings, of))
	}
	return results
}

func (c Control) fold(findings []Finding, of map[string][]int) ControlResult {
	result := ControlResult{Control: c, State: ToExamine, Findings: []string{}}
	if len(c.Checks) == 0 {
		return result
	}
	var places []int
	allHeard := true
	for _, check := range c.Checks {
		allHeard = allHeard && len(of[check]) > 0
		places = append(places, of[check]...)
	}
	slices.Sort(places)
	count := map[Outcome]int{}
	served := make([]Finding, 0, len(places))
	for _, i := range slices.Compact(places) {
		count[findings[i].Outcome]++
		served = append(served, findings[i])
		result.Findings = append(result.Findings, findings[i].Fingerprint)
	}
	result.State = foldState(count, allHeard)
	result.Strength = result.State.StandsOn(served)
	return result
}

func foldState(count map[Outcome]int, allHeard bool) ControlState {
	switch {
	case count[Fail] > 0:
		return NotSatisfied
	case count[Inconclusive] > 0 || !allHeard:
		return ControlInconclusive
	case count[Pass] > 0:
		return Satisfied
	}
	return ControlNotApplicable
}
