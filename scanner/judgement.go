// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"cmp"
	"slices"
)

// Judgement is what the checks of a plan conclude from observations.
type Judgement struct {
	Findings []Finding
	Coverage []Coverage
	Controls []ControlResult
}

// Judge applies every check of the plan to the observations it reads, one
// target at a time, beside those it is judged against. It is pure: the same
// observations give the same judgement, on any day, without a packet.
func (p Plan) Judge(observations []Observation) Judgement { return p.JudgeOn(&Facts{}, observations) }

// JudgeOn is Judge, which leaves behind the facts that it read.
func (p Plan) JudgeOn(facts *Facts, observations []Observation) Judgement {
	var j Judgement
	for _, check := range p.Checks {
		j.add(p.judgeCheck(facts, check, observations))
	}
	slices.SortFunc(j.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(a.Target.Key(), b.Target.Key()))
	})
	slices.SortFunc(j.Coverage, func(a, b Coverage) int {
		return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(a.Target.Key(), b.Target.Key()))
	})
	nameDropped(j.Coverage, j.Findings, observations)
	j.Controls = FoldAll(p.Controls, j.Findings)
	return j
}

func (j *Judgement) add(findings []Finding, coverage []Coverage) {
	j.Findings = append(j.Findings, findings...)
	j.Coverage = append(j.Coverage, coverage...)
}

func (p Plan) judgeCheck(facts *Facts, check PlannedCheck, observations []Observation) (findings []Finding, coverage []Coverage) {
	for _, looks := range looksOf(check.Judge.Fact, observations) {
		findings = append(findings, check.conclude(facts, looks, check.Params, observations))
		coverage = append(coverage, coverageOf(check.ID, looks[0].reading(check.Reads)))
	}
	if len(findings) == 0 {
		site := p.Establishment.Target()
		findings = []Finding{check.Unobserved(site)}
		coverage = []Coverage{{
			Check: check.ID, Target: site, Status: StatusSkipped,
			Causes: Causes{{Code: CauseNoSource}}, Reason: "no source is declared",
		}}
	}
	return findings, coverage
}

func coverageOf(check string, o Observation) Coverage {
	return Coverage{Check: check, Target: o.Target, Status: o.Status, Causes: o.Causes, Reason: o.Error}
}
