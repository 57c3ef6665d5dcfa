// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"carescan/scanner"
)

// The things that an agent and its region may judge otherwise.
const (
	AboutFinding = "finding"
	AboutControl = "control"
)

// Verdict is an outcome or the state of a control; empty when there is none.
type Verdict struct {
	Outcome  string           `json:"outcome,omitempty"`
	Severity scanner.Severity `json:"severity,omitempty"`
}

// Disagreement is what an agent claims, and the region does not conclude by the same
// revision of the check from the same facts.
type Disagreement struct {
	FINESS  scanner.FINESS
	AgentID string
	Bundle  string // the first that claimed so
	Since   time.Time
	Key     string // fingerprint of the finding, or catalog and id of the control
	About   string // AboutFinding or AboutControl
	Name    string // id of the check or of the control
	Target  string // what was looked at, or the catalog
	// Claimed and Judged are alike when only the words differ.
	Claimed, Judged Verdict
}

const disagreementColumns = `key, about, name, target, claimed_outcome, claimed_severity, judged_outcome, judged_severity`

func (d Disagreement) values() []any {
	return []any{d.Key, d.About, d.Name, d.Target, d.Claimed.Outcome, d.Claimed.Severity, d.Judged.Outcome, d.Judged.Severity}
}

// Disagreements lists the verdicts in dispute, newest first; finess narrows them to one
// establishment, unless it is empty.
func (s *Store) Disagreements(ctx context.Context, scope Scope, finess scanner.FINESS) ([]Disagreement, error) {
	list, err := many(ctx, s.view(scope), scanDisagreement, `
		SELECT finess, agent_id, bundle_id, since, `+disagreementColumns+` FROM disagreement
		WHERE `+within("finess")+` AND $2 IN ('', finess) ORDER BY since DESC, finess, name, key`, scope.sees, finess)
	return list, wrap(err, "list disagreements")
}

// projectDisagreements keeps those of the newest run of an agent, each with the bundle
// it began with, and counts the new ones.
func projectDisagreements(ctx context.Context, tx *transaction, b Bundle, now []Disagreement) (fresh int, err error) {
	known, err := many(ctx, tx, scanDisagreement, `
		SELECT finess, agent_id, bundle_id, since, `+disagreementColumns+` FROM disagreement WHERE finess = $1 AND agent_id = $2`,
		b.FINESS, b.AgentID)
	if err != nil {
		return 0, wrap(err, "read disagreements of agent %s", b.AgentID)
	}
	past := map[string]Disagreement{}
	for _, d := range known {
		past[d.Key] = d
	}
	rows := batch{
		into: "disagreement", columns: "finess, agent_id, bundle_id, since, " + disagreementColumns, key: "finess, agent_id, key",
		set: []string{"claimed_outcome", "claimed_severity", "judged_outcome", "judged_severity"},
	}
	for _, d := range now {
		before, lasts := past[d.Key]
		delete(past, d.Key)
		if lasts && before.Claimed == d.Claimed && before.Judged == d.Judged {
			continue
		}
		if !lasts {
			fresh++
		}
		rows.add(append([]any{b.FINESS, b.AgentID, b.ID, stamp(b.EndedAt)}, d.values()...)...)
	}
	if err := rows.write(ctx, tx); err != nil {
		return 0, err
	}
	for key := range past {
		const ended = `finess = $1 AND agent_id = $2 AND key = $3`
		if err := tx.changeRows(ctx, "disagreement", ended, []any{b.FINESS, b.AgentID, key}, `DELETE FROM disagreement WHERE `+ended); err != nil {
			return 0, err
		}
	}
	return fresh, nil
}

func scanDisagreement(r row) (d Disagreement, err error) {
	err = r.Scan(&d.FINESS, &d.AgentID, &d.Bundle, (*moment)(&d.Since), &d.Key, &d.About, &d.Name, &d.Target,
		&d.Claimed.Outcome, &d.Claimed.Severity, &d.Judged.Outcome, &d.Judged.Severity)
	return d, err
}
