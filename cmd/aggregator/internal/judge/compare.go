// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"

	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// compare lists what the agent claims by the same revision of a check, or by the same
// version of a catalog, and the region does not conclude from the same facts.
func (j *Judge) compare(run scanner.Run, plan scanner.Plan, judgement scanner.Judgement) []store.Disagreement {
	var list []store.Disagreement
	judged := map[string]scanner.Finding{}
	for _, f := range judgement.Findings {
		judged[f.Fingerprint] = f
	}
	revisions := map[string]int{}
	for _, c := range plan.Checks {
		revisions[c.ID] = c.Revision
	}
	claimed := map[string]bool{}
	for _, claim := range run.Findings {
		claimed[claim.Fingerprint] = true
		if revision, planned := revisions[claim.Check]; !planned || revision != claim.Revision {
			continue
		}
		if ours, ok := judged[claim.Fingerprint]; !ok || !j.agree(run.Software, claim, ours) {
			list = append(list, ofFinding(claim, ours))
		}
	}
	// The same criteria give the same findings: one that is missing was left out.
	for _, ours := range judgement.Findings {
		if !claimed[ours.Fingerprint] && run.Profile.Digest == plan.Profile.Digest {
			list = append(list, ofFinding(scanner.Finding{}, ours))
		}
	}
	return append(list, compareControls(run, plan, judgement)...)
}

// agree tells whether a claim is what the region concludes; to the letter when the
// agent was built with the same words.
func (j *Judge) agree(software string, claim, ours scanner.Finding) bool {
	if claim.Outcome != ours.Outcome || claim.Severity != ours.Severity || claim.Target != ours.Target {
		return false
	}
	return software != j.software || claim.Title == ours.Title && claim.Headline == ours.Headline &&
		claim.Message == ours.Message && claim.Fix == ours.Fix
}

func ofFinding(claim, ours scanner.Finding) store.Disagreement {
	known := ours
	if known.Fingerprint == "" {
		known = claim
	}
	return store.Disagreement{
		Key: known.Fingerprint, About: store.AboutFinding, Name: known.Check, Target: known.Target.ID,
		Claimed: store.Verdict{Outcome: string(claim.Outcome), Severity: claim.Severity},
		Judged:  store.Verdict{Outcome: string(ours.Outcome), Severity: ours.Severity},
	}
}

// compareControls compares the state of the controls of catalogs of the same version.
func compareControls(run scanner.Run, plan scanner.Plan, judgement scanner.Judgement) (list []store.Disagreement) {
	for _, claim := range run.Controls {
		version := func(c scanner.CatalogRef) bool { return c.ID == claim.Catalog }
		theirs, ours := slices.IndexFunc(run.Profile.Catalogs, version), slices.IndexFunc(plan.Profile.Catalogs, version)
		if theirs < 0 || ours < 0 || run.Profile.Catalogs[theirs].Version != plan.Profile.Catalogs[ours].Version {
			continue
		}
		at := slices.IndexFunc(judgement.Controls, func(c scanner.ControlResult) bool { return c.Catalog == claim.Catalog && c.ID == claim.ID })
		if at >= 0 && judgement.Controls[at].State == claim.State {
			continue
		}
		var state scanner.ControlState
		if at >= 0 {
			state = judgement.Controls[at].State
		}
		list = append(list, store.Disagreement{
			Key: claim.Catalog + "/" + claim.ID, About: store.AboutControl, Name: claim.ID, Target: claim.Catalog,
			Claimed: store.Verdict{Outcome: string(claim.State)}, Judged: store.Verdict{Outcome: string(state)},
		})
	}
	return list
}
