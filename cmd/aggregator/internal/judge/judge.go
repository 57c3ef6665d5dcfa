// SPDX-License-Identifier: Apache-2.0

// Package judge is what the region itself concludes from the facts of a bundle, with
// its own checks, parameters and catalogs. What the agent concluded is a claim
// (decision 12 of the architecture).
package judge

import (
	"fmt"
	"slices"
	"strings"

	"carescan/cmd/aggregator/internal/store"
	"carescan/profiles"
	"carescan/scanner"
)

// Fallback is the profile of an establishment whose bundles name one that the region
// does not know.
const Fallback = "etablissement"

// Judge judges the facts of runs.
type Judge struct {
	profiles *profiles.Set
	known    map[string]bool // ids of checks
	software string
}

// New makes the judge of a region from the checks it knows and its profiles. software
// names the agent built with the same words: its claims are compared to the letter.
func New(checks []scanner.Check, set *profiles.Set, software string) *Judge {
	j := &Judge{profiles: set, known: map[string]bool{}, software: software}
	for _, c := range checks {
		j.known[c.ID] = true
	}
	return j
}

// Judge concludes from the facts of a run. profile is the one that the region gives
// the establishment; empty, or unknown by now, stands for the one that the run names,
// read from the region's own copy.
func (j *Judge) Judge(run scanner.Run, profile string) (store.Judged, error) {
	plan, err := j.profiles.Resolve(j.choose(profile, run.Profile.ID), scanner.Plan{
		Establishment: run.Establishment, Scope: run.Scope, Vantage: run.Vantage,
	})
	if err != nil {
		return store.Judged{}, fmt.Errorf("judge run %s: %w", run.ID, err)
	}
	judgement := plan.Judge(run.Observations)
	judged := store.Judged{
		Profile: plan.Profile.ID, Findings: judgement.Findings, Coverage: judgement.Coverage, Controls: plan.Controls,
		Disagreements: j.compare(run, plan, judgement),
	}
	for _, claim := range run.Findings {
		if j.known[claim.Check] {
			continue
		}
		judged.Findings = append(judged.Findings, notJudged(claim))
		at := slices.IndexFunc(run.Coverage, func(c scanner.Coverage) bool { return c.Check == claim.Check && c.Target == claim.Target })
		if at >= 0 {
			judged.Coverage = append(judged.Coverage, run.Coverage[at])
		}
	}
	return judged, nil
}

// Knows tells whether the region has a profile.
func (j *Judge) Knows(profile string) bool {
	_, err := j.profiles.Profile(profile)
	return err == nil
}

// Profiles names the profiles of the region.
func (j *Judge) Profiles() string {
	var ids []string
	for _, p := range j.profiles.Profiles() {
		ids = append(ids, p.ID)
	}
	return strings.Join(ids, ", ")
}

func (j *Judge) choose(given, named string) string {
	for _, id := range []string{given, named} {
		if j.Knows(id) {
			return id
		}
	}
	return Fallback
}

// reasonNotJudged is that of a finding of a check that the region does not know.
const reasonNotJudged = "not-judged-here"

// notJudged shows the claim of an agent that is newer than the region. Its texts are
// not repeated: the region answers for none of them.
func notJudged(claim scanner.Finding) scanner.Finding {
	said := claim.Outcome.Label()
	return scanner.Finding{
		Fingerprint: claim.Fingerprint, Check: claim.Check, Revision: claim.Revision, Target: claim.Target,
		Outcome: scanner.Inconclusive, Severity: scanner.Low, Reason: reasonNotJudged,
		Values: scanner.Values{"claimed": string(claim.Outcome)},
		Title: scanner.Text{
			FR: "Vérification que la région ne connaît pas encore", EN: "Check that the region does not know yet",
		}.Typeset(),
		Message: scanner.Text{
			FR: "Non jugé ici : l'agent, plus récent que la région, annonce « " + said.FR + " ».",
			EN: "Not judged here: the agent, newer than the region, announces \"" + said.EN + "\".",
		}.Typeset(),
		Fix: scanner.Text{
			FR: "Mettez à jour l'agrégateur ; les dossiers reçus seront rejugés avec « carescan-aggregator rejudge ».",
			EN: "Upgrade the aggregator; the bundles received are judged again by carescan-aggregator rejudge.",
		}.Typeset(),
		Observations: claim.Observations,
	}
}
