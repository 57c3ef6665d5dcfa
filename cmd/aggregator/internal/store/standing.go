// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"strings"
	"time"

	"carescan/scanner"
)

// standing is where a finding stands, all places together, and where it is in its life.
type standing struct {
	fp, check, target string
	vantage           scanner.Vantage // of the look that says so
	outcome           scanner.Outcome
	severity          scanner.Severity
	undeclared        bool
	life
	since     time.Time // of what is observed
	firstSeen time.Time
}

// moved is the standing after a bundle changed one of its looks.
func (s standing) moved(stands look, b Bundle) standing {
	now := standing{
		fp: stands.fp, check: stands.check, target: stands.target, vantage: stands.vantage,
		outcome: stands.outcome, severity: stands.severity, undeclared: stands.sight == sightNone,
		life: s.next(stands), since: s.since, firstSeen: s.firstSeen,
	}
	if s.fp == "" {
		now.firstSeen = b.EndedAt
	}
	if s.observed != now.observed {
		now.since = b.EndedAt
	}
	return now
}

func (s standing) family() string {
	family, _, _ := strings.Cut(s.check, ".")
	return family
}

const standingColumns = `fp, check_id, family, target, vantage, outcome, severity, severity_rank, undeclared,
	observed, observed_since, first_seen, episode, failing`

func scanStanding(r row) (s standing, err error) {
	var family string
	var rank int64
	err = r.Scan(&s.fp, &s.check, &family, &s.target, &s.vantage, &s.outcome, &s.severity, &rank, &s.undeclared,
		&s.observed, (*moment)(&s.since), (*moment)(&s.firstSeen), &s.episode, &s.failing)
	return s, err
}

func (s standing) values(finess scanner.FINESS) []any {
	return []any{
		finess, s.fp, s.check, s.family(), s.target, s.vantage, s.outcome, s.severity, s.severity.Rank(), s.undeclared,
		s.observed, stamp(s.since), stamp(s.firstSeen), s.episode, s.failing,
	}
}

// change is a step in the life of a finding.
type change struct {
	was life
	now standing
}

func writeChanges(ctx context.Context, tx *transaction, b Bundle, changes []change) error {
	events := batch{into: "finding_event", columns: "finess, fp, at, bundle_id, was, became"}
	opened := batch{into: "finding_episode", columns: "finess, fp, episode, opened_at, closed_at, close_reason"}
	for _, c := range changes {
		events.add(b.FINESS, c.now.fp, stamp(b.EndedAt), b.ID, c.was.observed, c.now.observed)
		if c.now.episode > c.was.episode {
			opened.add(b.FINESS, c.now.fp, c.now.episode, stamp(b.EndedAt), 0, "")
		}
	}
	for _, rows := range []batch{events, opened} {
		if err := rows.write(ctx, tx); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if c.now.failing || !c.was.failing {
			continue
		}
		const last = `finess = $1 AND fp = $2 AND episode = $3`
		if err := tx.changeRows(ctx, "finding_episode", last, []any{b.FINESS, c.now.fp, c.was.episode},
			`UPDATE finding_episode SET closed_at = $4, close_reason = $5 WHERE `+last, stamp(b.EndedAt), c.now.outcome); err != nil {
			return err
		}
	}
	return nil
}
