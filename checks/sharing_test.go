// SPDX-License-Identifier: Apache-2.0

package checks_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carescan/checks"
	"carescan/scanner"
)

// TestNoCheckChangesAFact judges every case of every check by all the checks at once,
// which share what they read of it: each concludes as it does alone, and the facts are
// in the end what they were.
func TestNoCheckChangesAFact(t *testing.T) {
	all := checks.All()
	for _, check := range all {
		t.Run(check.ID, func(t *testing.T) {
			for _, c := range casesOf(t, check.ID) {
				run := append([]scanner.Observation{c.observation}, c.beside...)
				var plan scanner.Plan
				for _, other := range all {
					planned := scanner.PlannedCheck{Check: other}
					if other.ID == check.ID {
						planned.Params = c.params
					}
					plan.Checks = append(plan.Checks, planned)
				}
				var facts scanner.Facts
				shared := plan.JudgeOn(&facts, run)
				if changed := facts.Changed(); len(changed) > 0 {
					t.Errorf("%s: a check changed the facts of %q, which others read", c.file, changed)
				}
				var alone scanner.Judgement
				for _, one := range plan.Checks {
					alone.Findings = append(alone.Findings, scanner.Plan{Checks: []scanner.PlannedCheck{one}}.Judge(run).Findings...)
				}
				if diff := cmp.Diff(alone.Findings, shared.Findings, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s: judged beside the others, not alone (-alone +beside):\n%s", c.file, diff)
				}
			}
		})
	}
}
