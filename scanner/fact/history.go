// SPDX-License-Identifier: Apache-2.0

package fact

import "time"

// History is what the agent remembers of the establishment's own earlier runs: a
// bounded digest, made of what it sealed itself and sealed again with each run,
// so that a rule about time is judged from one bundle alone. It holds what was
// concluded then, never what was seen. The run that carries it is not in it.
type History struct {
	// Begins is when the memory begins: the first run it was told of. Zero when no
	// earlier run is known, which is also how a lost memory begins again.
	Begins time.Time `json:"begins,omitzero"`
	Known  int       `json:"known"` // earlier runs since Begins, of which Runs keeps some
	// Runs are oldest first: the newest ones, then one a day and vantage, complete
	// ones preferred, at most 128.
	Runs []PastRun `json:"runs"`
	// Standings are kept for the checks that read them, by check and target, at
	// most 200: those concluded last when there are more.
	Standings []Standing `json:"standings,omitempty"`
	// Doubts are by check and target, at most 200: the longest when there are more.
	Doubts []Doubt `json:"doubts,omitempty"`
	// Shares are by target, population and measure, at most 500.
	Shares []PastShare `json:"shares,omitempty"`
	// Dropped counts the standings, doubts and shares that the bounds made the
	// memory forget since Begins.
	Dropped int `json:"dropped,omitempty"`
}

// FactKind names the fact.
func (History) FactKind() string { return "history" }

// FactName is what people call it.
func (History) FactName() (fr, en string) {
	return "l'historique des passages de l'établissement", "the history of the establishment's runs"
}

// PastRun is one earlier run.
type PastRun struct {
	ID      string    `json:"id"`
	Bundle  string    `json:"bundle"` // digest of its sealed bytes, "sha256:…"
	Seq     uint64    `json:"seq"`    // of that bundle in the chain of the agent
	Started time.Time `json:"started"`
	Vantage string    `json:"vantage"`
	Profile string    `json:"profile"` // its id
	Status  string    `json:"status"`  // "complete", "partial" or "failed"
	// Scope is a digest of the names, ranges and exclusions that were authorised,
	// whoever authorised them and until when.
	Scope string `json:"scope"`
	// Families count its findings, by family of checks, in the order of their names.
	Families []FamilyCount `json:"families"`
}

// Family counts the findings of one family; zero when there is none.
func (r PastRun) Family(name string) FamilyCount {
	for _, f := range r.Families {
		if f.Family == name {
			return f
		}
	}
	return FamilyCount{Family: name}
}

// FamilyCount counts the findings of a family by outcome. The share that was
// conclusive follows: all but Inconclusive.
type FamilyCount struct {
	Family        string `json:"family"` // "exposure", "mfa"…
	Pass          int    `json:"pass"`
	Fail          int    `json:"fail"`
	Inconclusive  int    `json:"inconclusive"`
	NotApplicable int    `json:"not_applicable"`
}

// Standing is what a check concluded about a target, and since when. A run that
// concluded nothing ends no period: not knowing proves no change.
type Standing struct {
	Check   string   `json:"check"`
	Target  string   `json:"target"`  // asset key, "domain/chu.example"
	Periods []Period `json:"periods"` // oldest first, the newest 8
}

// Period is a time during which every conclusive run said the same.
type Period struct {
	Outcome string    `json:"outcome"`
	Reason  string    `json:"reason"`
	From    time.Time `json:"from"` // first run that said so
	To      time.Time `json:"to"`   // last one
}

// Doubt is a check that looked at a target and concluded nothing, several runs in
// a row, up to the last one that looked.
type Doubt struct {
	Check  string    `json:"check"`
	Target string    `json:"target"` // asset key
	Reason string    `json:"reason"` // of the last run
	Runs   int       `json:"runs"`   // in a row
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
}

// PastShare is what was counted of one population before.
type PastShare struct {
	Target     string `json:"target"`     // asset key, "application/dpi"
	Population string `json:"population"` // as in Accounts; "privileged" for a directory
	Measure    string `json:"measure"`    // "equipped" or "enforced"
	// Last is the newest figure; Best the one whose low bound was highest in the
	// 30 days before it, itself when none was higher.
	Last Figure `json:"last"`
	Best Figure `json:"best"`
}

// Figure is a number of accounts in a population, of which some could not be
// told.
type Figure struct {
	Covered int       `json:"covered"`
	Unknown int       `json:"unknown"`
	Total   int       `json:"total"`
	At      time.Time `json:"at"` // of the look
}
