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

// disputeKey names what is in dispute with an agent.
type disputeKey struct{ agent, key string }

func (p *projection) readDisagreements(ctx context.Context, from source, at place) error {
	known, err := many(ctx, from, scanDisagreement, `
		SELECT finess, agent_id, bundle_id, since, `+disagreementColumns+` FROM disagreement
		WHERE finess = $1 AND $2 IN ('', agent_id)`, p.finess, at.agent)
	for _, d := range known {
		p.disputes[disputeKey{d.AgentID, d.Key}] = d
	}
	return wrap(err, "read disagreements at %s", p.finess)
}

// dispute keeps the disagreements of the newest run of an agent, each with the bundle it
// began with, and counts the new ones.
func (p *projection) dispute(now []Disagreement) (fresh int) {
	lasting := map[disputeKey]bool{}
	for _, d := range now {
		key := disputeKey{p.bundle.AgentID, d.Key}
		lasting[key] = true
		before, lasts := p.disputes[key]
		if lasts && before.Claimed == d.Claimed && before.Judged == d.Judged {
			continue
		}
		d.FINESS, d.AgentID, d.Bundle, d.Since = p.finess, p.bundle.AgentID, p.bundle.ID, p.bundle.EndedAt
		if lasts {
			d.Bundle, d.Since = before.Bundle, before.Since
		} else {
			fresh++
		}
		p.disputes[key] = d
		p.changed.disputes[key] = true
	}
	for key := range p.disputes {
		if key.agent == p.bundle.AgentID && !lasting[key] {
			delete(p.disputes, key)
			p.changed.disputes[key] = true
		}
	}
	return fresh
}

func (p *projection) writeDisagreements(ctx context.Context, tx *transaction) error {
	rows := batch{
		into: "disagreement", columns: "finess, agent_id, bundle_id, since, " + disagreementColumns, key: "finess, agent_id, key",
		set: []string{"bundle_id", "since", "claimed_outcome", "claimed_severity", "judged_outcome", "judged_severity"},
	}
	for key := range p.changed.disputes {
		if d, lasts := p.disputes[key]; lasts {
			rows.add(append([]any{p.finess, d.AgentID, d.Bundle, stamp(d.Since)}, d.values()...)...)
			continue
		}
		const gone = `finess = $1 AND agent_id = $2 AND key = $3`
		if err := tx.changeRows(ctx, "disagreement", gone, []any{p.finess, key.agent, key.key}, `DELETE FROM disagreement WHERE `+gone); err != nil {
			return err
		}
	}
	return rows.write(ctx, tx)
}

func scanDisagreement(r row) (d Disagreement, err error) {
	err = r.Scan(&d.FINESS, &d.AgentID, &d.Bundle, (*moment)(&d.Since), &d.Key, &d.About, &d.Name, &d.Target,
		&d.Claimed.Outcome, &d.Claimed.Severity, &d.Judged.Outcome, &d.Judged.Severity)
	return d, err
}
