// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"encoding/json"
	"slices"
)

// Conclude judges the looks made at one target, first look first, and returns
// one finding. A failure that has to be confirmed is said only when two looks
// saw it; seen once, it is inconclusive, and its own sentence is kept in the
// message (exposure-checks.md section 1.2). Every look is judged against the same
// reference, found among the observations of the run.
func (c Check) Conclude(looks []Observation, params json.RawMessage, run ...Observation) Finding {
	return c.conclude(&Facts{}, looks, params, run)
}

func (c Check) conclude(facts *Facts, looks []Observation, params json.RawMessage, run []Observation) Finding {
	first := c.evaluate(facts, looks[0], params, run)
	if len(looks) == 1 {
		return c.standing(first)
	}
	last := looks[len(looks)-1]
	if last.notAgain(c.Reads) {
		return c.standing(first)
	}
	second := c.evaluate(facts, last, params, run)
	f := c.agreed(first, second)
	if last.again() && f.Outcome == Fail && first.Reason == second.Reason && first.Severity == second.Severity {
		f = first // which saw all that its sentence tells
	}
	if first.Outcome == Fail && second.Outcome == Fail && first.Values[ValueAlso]+second.Values[ValueAlso] != "" {
		f = c.seenTwice(facts, looks, run, f)
	}
	f.Observations = slices.Clone(first.Observations)
	for _, id := range second.Observations {
		if !slices.Contains(f.Observations, id) { // the reference is named once
			f.Observations = append(f.Observations, id)
		}
	}
	return f
}

// standing is what a first look says when there was no second one, or one made for
// something else.
func (c Check) standing(first Finding) Finding {
	if first.Outcome == Fail && c.Confirm != "" {
		return c.doubted(first, reasonUnconfirmed)
	}
	return first
}

// agreed is what two looks say together: the last one when they agree, the
// milder of two failures, and a doubt when only one of them failed.
func (c Check) agreed(first, second Finding) Finding {
	switch {
	case first.Outcome == Fail && second.Outcome == Fail:
		if first.Severity.Rank() > second.Severity.Rank() {
			return first
		}
		return second
	case c.Confirm == "":
		return second
	case first.Outcome == Fail:
		return c.doubted(first, reasonNotConfirmed)
	case second.Outcome == Fail:
		return c.doubted(second, reasonNotConfirmed)
	case second.Outcome == Inconclusive:
		return first
	}
	return second
}

// seenTwice tells, of several failures, those that both looks saw.
func (c Check) seenTwice(facts *Facts, looks, run []Observation, agreed Finding) Finding {
	first, _ := c.verdict(facts, looks[0].reading(c.Reads), agreed.Parameters, run)
	second, _ := c.verdict(facts, looks[len(looks)-1].reading(c.Reads), agreed.Parameters, run)
	if looks[len(looks)-1].again() {
		first, second = second, first // what the first look saw is whole
	}
	f := c.finding(agreed.Target, second.among(first))
	if f.Severity.Rank() < agreed.Severity.Rank() {
		return agreed
	}
	f.Parameters, f.Strength, f.Observations = agreed.Parameters, agreed.Strength, agreed.Observations
	return f
}

// doubted turns a failure into a doubt that still says what was seen.
func (c Check) doubted(seen Finding, reason string) Finding {
	f := c.finding(seen.Target, Unknown(reason, seen.Values))
	f.Message = Text{f.Message.FR + " " + seen.Message.FR, f.Message.EN + " " + seen.Message.EN}
	f.Severity, f.Parameters, f.Observations = seen.Severity, seen.Parameters, seen.Observations
	return f
}

// Doubts lists the observations behind failures that one look only has seen,
// and what is to be looked at again, how; the longer way wins.
func (p Plan) Doubts(observations []Observation) map[string]Doubt {
	doubts, facts := map[string]Doubt{}, &Facts{}
	for _, check := range p.Checks {
		for _, looks := range looksOf(check.Judge.Fact, observations) {
			if check.Confirm == "" || len(looks) > 1 || check.evaluate(facts, looks[0], check.Params, observations).Outcome != Fail {
				continue
			}
			doubt := Doubt{check.Confirm, check.Reads}
			if known, ok := doubts[looks[0].ID]; ok {
				doubt = known.and(doubt)
			}
			doubts[looks[0].ID] = doubt
		}
	}
	return doubts
}

// looksOf groups the observations of one kind of fact by target, in the order
// they come, each group in the order of the looks.
func looksOf(kind string, observations []Observation) [][]Observation {
	at := map[string]int{}
	var groups [][]Observation
	for _, o := range observations {
		if o.Kind != kind {
			continue
		}
		i, known := at[o.Target.Key()]
		if !known {
			i = len(groups)
			at[o.Target.Key()] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], o)
	}
	for _, looks := range groups {
		slices.SortStableFunc(looks, func(a, b Observation) int { return a.At.Compare(b.At) })
	}
	return groups
}
