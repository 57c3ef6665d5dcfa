// SPDX-License-Identifier: Apache-2.0

package scanner

import "slices"

// Strength says what a conclusion stands on. The three are never told alike:
// what somebody declares may be true, and nobody has seen it (architecture.md,
// decision 15).
type Strength string

// The strengths of a statement, strongest first. A conclusion that stands on
// nothing, because there is none, has the empty one.
const (
	Observed Strength = "observed" // a probe saw it
	Attested Strength = "attested" // a person states it, and a document that was read backs it
	Declared Strength = "declared" // a person states it, or a file they keep says so
)

// Strengths lists them, with the empty one of what nothing was concluded from.
func Strengths() []Strength { return []Strength{"", Observed, Attested, Declared} }

// Label names the strength on screen: it completes the name of an outcome.
func (s Strength) Label() Text {
	switch s {
	case Observed:
		return Text{"observé", "observed"}
	case Attested:
		return Text{"attesté avec un document", "attested with a document"}
	case Declared:
		return Text{"déclaré", "declared"}
	}
	return Text{}
}

// Weakest is the weakest of some strengths, since a chain holds as its weakest
// link; what stands on nothing weakens nothing.
func Weakest(all ...Strength) Strength {
	var weakest Strength
	for _, s := range all {
		if slices.Index(Strengths(), s) > slices.Index(Strengths(), weakest) {
			weakest = s
		}
	}
	return weakest
}

// strength is what an observation gives to a conclusion; backed says that the
// statement it was drawn from comes with a document. What the agent remembers of
// its own runs was observed, although it is read in a file.
func (o Observation) strength(backed bool) Strength {
	switch {
	case o.Vantage != VantageDeclared || sources[o.Kind] == sourceHistory:
		return Observed
	case backed:
		return Attested
	}
	return Declared
}

// StandsOn is the strength of a conclusion drawn from some observations; backed
// as a Verdict has it. No conclusion has none.
func (o Outcome) StandsOn(backed bool, observations ...Observation) Strength {
	if o == Inconclusive {
		return ""
	}
	var all []Strength
	for _, seen := range observations {
		all = append(all, seen.strength(backed))
	}
	return Weakest(all...)
}

// Stand returns the run with the strengths that its findings and controls lack,
// since runs were sealed before there were any. Whether a statement had its document
// is not known of those: it is declared.
func (r Run) Stand() Run {
	seen := map[string]Observation{}
	for _, o := range r.Observations {
		seen[o.ID] = o
	}
	r.Findings, r.Controls = slices.Clone(r.Findings), slices.Clone(r.Controls)
	decided := map[string]Finding{}
	for i, f := range r.Findings {
		var on []Observation
		for _, id := range f.Observations {
			if o, known := seen[id]; known {
				on = append(on, o)
			}
		}
		if f.Strength == "" {
			r.Findings[i].Strength = f.Outcome.StandsOn(false, on...)
		}
		decided[f.Fingerprint] = r.Findings[i]
	}
	for i, c := range r.Controls {
		if c.Strength != "" {
			continue
		}
		var findings []Finding
		for _, fingerprint := range c.Findings {
			findings = append(findings, decided[fingerprint])
		}
		r.Controls[i].Strength = c.State.StandsOn(findings)
	}
	return r
}

// StandsOn is the strength of a state of a control, from those of the findings
// that decided it.
func (s ControlState) StandsOn(findings []Finding) Strength {
	decided := map[ControlState]Outcome{Satisfied: Pass, NotSatisfied: Fail, ControlNotApplicable: NotApplicable}[s]
	var all []Strength
	for _, f := range findings {
		if f.Outcome == decided {
			all = append(all, f.Strength)
		}
	}
	return Weakest(all...)
}
