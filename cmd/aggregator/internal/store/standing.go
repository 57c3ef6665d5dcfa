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

// writeStandings writes where findings stand, and the steps that led there.
func (p *projection) writeStandings(ctx context.Context, tx *transaction) error {
	rows := batch{
		into: "finding", columns: "finess, " + standingColumns, key: "finess, fp",
		set: []string{"vantage", "outcome", "severity", "severity_rank", "undeclared", "observed", "observed_since", "first_seen", "episode", "failing"},
	}
	for fp := range p.changed.stands {
		if s, kept := p.stands[fp]; kept {
			rows.add(s.values(p.finess)...)
			continue
		}
		const gone = `finess = $1 AND fp = $2`
		if err := tx.changeRows(ctx, "finding", gone, []any{p.finess, fp}, `DELETE FROM finding WHERE `+gone); err != nil {
			return err
		}
	}
	if err := rows.write(ctx, tx); err != nil {
		return err
	}
	if p.changed.past {
		return p.history.rewrite(ctx, tx)
	}
	return p.history.write(ctx, tx)
}
