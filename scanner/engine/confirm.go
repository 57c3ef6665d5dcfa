// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"

	"carescan/scanner"
)

// confirmations finds the looks to make again (exposure-checks.md section 1.2), each as
// soon as its first look can be judged for good: at once, or when the facts beside which
// it is judged have come. A failure that could not be looked at again stays unconfirmed,
// and the judgement says so.
type confirmations struct {
	plan scanner.Plan // with the checks whose failures are confirmed, and no other
	// beside lists, by kind of fact, the kinds of reference it is judged beside.
	beside map[string][]string
	// awaited counts, by kind of reference, the first looks that may still bring it.
	awaited map[string]int
	// references are the looks that brought some.
	references []*job
	unsettled  []*job // first looks that ended and cannot be judged yet
}

func confirming(plan scanner.Plan) *confirmations {
	c := &confirmations{plan: plan, beside: map[string][]string{}, awaited: map[string]int{}}
	c.plan.Checks = nil
	for _, check := range plan.Checks {
		if check.Confirm == "" {
			continue
		}
		c.plan.Checks = append(c.plan.Checks, check)
		if r := check.Judge.Reference; r != "" && !slices.Contains(c.beside[check.Judge.Fact], r) {
			c.beside[check.Judge.Fact] = append(c.beside[check.Judge.Fact], r)
			c.awaited[r] = 0
		}
	}
	return c
}

// await counts a first look that is to be made.
func (c *confirmations) await(j *job) {
	for _, kind := range j.facts {
		if _, reference := c.awaited[kind]; reference {
			c.awaited[kind]++
		}
	}
}

// ended takes what a first look saw, and returns the first looks that can be judged now
// and left a doubt, with what is to be looked at again.
func (c *confirmations) ended(j *job) []*job {
	for _, kind := range j.facts {
		if _, reference := c.awaited[kind]; reference {
			c.awaited[kind]--
		}
	}
	if slices.ContainsFunc(j.result.observations, c.isReference) {
		c.references = append(c.references, j)
	}
	c.unsettled = append(c.unsettled, j)
	var again []*job
	c.unsettled = slices.DeleteFunc(c.unsettled, func(j *job) bool {
		if !c.settled(j) {
			return false
		}
		if doubted, how := c.doubt(j); how != "" {
			again = append(again, &job{
				assignment: assignment{task: j.task, again: doubted}, order: j.order, how: how,
				place: j.place, load: j.load, atOnce: j.atOnce,
			})
		}
		return true
	})
	return again
}

func (c *confirmations) isReference(o scanner.Observation) bool {
	_, reference := c.awaited[o.Kind]
	return reference
}

// settled tells whether all that a look is judged beside has come.
func (c *confirmations) settled(j *job) bool {
	return !slices.ContainsFunc(j.result.observations, func(o scanner.Observation) bool {
		return slices.ContainsFunc(c.beside[o.Kind], func(kind string) bool { return c.awaited[kind] > 0 })
	})
}

// doubt are the parts of each kind of fact to be looked at again, and how: the longer
// way when a look brought several facts. The look is judged beside the references and
// nothing else, so that neither the order in which looks end nor their number counts.
func (c *confirmations) doubt(j *job) (again map[string][]string, how scanner.Confirmation) {
	seen := slices.Clone(j.result.observations)
	for _, other := range c.references {
		if other == j {
			continue
		}
		for _, o := range other.result.observations {
			if c.isReference(o) {
				seen = append(seen, o)
			}
		}
	}
	doubts := c.plan.Doubts(seen)
	again = map[string][]string{}
	for _, o := range j.result.observations {
		doubt, ok := doubts[o.ID]
		if !ok {
			continue
		}
		if how != scanner.ConfirmLater {
			how = doubt.How
		}
		// A look may bring several facts of one kind: each may need other parts.
		if known, ok := again[o.Kind]; ok && (len(known) == 0 || len(doubt.Parts) == 0) {
			again[o.Kind] = nil
			continue
		}
		again[o.Kind] = append(again[o.Kind], doubt.Parts...)
	}
	return again, how
}
