// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"carescan/scanner"
)

// Finding is the standing of a finding: what the last run said of it, and
// where it is in its life.
type Finding struct {
	scanner.Finding
	FINESS        scanner.FINESS
	Family        string
	Observed      Observed
	ObservedSince time.Time
	FirstSeen     time.Time
	LastSeen      time.Time
	LastBundle    string
	Episode       int64
}

// Event is a change in the life of a finding.
type Event struct {
	At       time.Time
	BundleID string
	Was      Observed // empty at birth
	Became   Observed
}

// Filter narrows a list of findings; empty fields accept all.
type Filter struct {
	Outcome scanner.Outcome
	Family  string
	Checks  []string
	// Declared leaves out the findings that nothing was declared for.
	Declared bool
	Offset   int
	Limit    int
}

const selectFinding = `
	SELECT finess, family, observed, observed_since, first_seen, last_seen, last_bundle, episode, detail
	FROM finding WHERE $1 IN ('*', finess) AND finess = $2`

const filterFinding = ` AND $3 IN ('', outcome) AND $4 IN ('', family) AND ($5 = '' OR $5 LIKE '%,' || check_id || ',%')
	AND NOT (undeclared AND $6)`

// checks writes the list that filterFinding searches.
func (f Filter) checks() string {
	if len(f.Checks) == 0 {
		return ""
	}
	return "," + strings.Join(f.Checks, ",") + ","
}

// Findings lists the findings of an establishment, those that ask most of a
// reader first.
func (s *Store) Findings(ctx context.Context, scope Scope, finess scanner.FINESS, f Filter) ([]Finding, error) {
	list, err := many(ctx, s.reader, scanFinding, selectFinding+filterFinding+`
		ORDER BY CASE outcome WHEN 'fail' THEN 0 WHEN 'inconclusive' THEN 1 WHEN 'pass' THEN 2 ELSE 3 END,
		         severity_rank, check_id, target, fp
		LIMIT $7 OFFSET $8`, scope.sees, finess, f.Outcome, f.Family, f.checks(), f.Declared, f.Limit, f.Offset)
	return list, wrap(err, "list findings of %s", finess)
}

// CountFindings counts what Findings would list without a limit.
func (s *Store) CountFindings(ctx context.Context, scope Scope, finess scanner.FINESS, f Filter) (int, error) {
	n, err := one(ctx, s.reader, scanInt, `
		SELECT COUNT(*) FROM finding WHERE $1 IN ('*', finess) AND finess = $2`+filterFinding,
		scope.sees, finess, f.Outcome, f.Family, f.checks(), f.Declared)
	return n, wrap(err, "count findings of %s", finess)
}

// Undeclared lists the findings, of those a filter accepts, that nothing was
// declared for. There are at most as many as checks.
func (s *Store) Undeclared(ctx context.Context, scope Scope, finess scanner.FINESS, f Filter) ([]scanner.Finding, error) {
	list, err := many(ctx, s.reader, scanFinding, selectFinding+filterFinding+` AND undeclared ORDER BY check_id, target`,
		scope.sees, finess, f.Outcome, f.Family, f.checks(), false)
	findings := make([]scanner.Finding, 0, len(list))
	for _, found := range list {
		findings = append(findings, found.Finding)
	}
	return findings, wrap(err, "list what is not declared of %s", finess)
}

// Families lists the families that the findings of an establishment belong to.
func (s *Store) Families(ctx context.Context, scope Scope, finess scanner.FINESS) ([]string, error) {
	list, err := many(ctx, s.reader, scanString, `
		SELECT DISTINCT family FROM finding WHERE $1 IN ('*', finess) AND finess = $2 ORDER BY family`, scope.sees, finess)
	return list, wrap(err, "list families of %s", finess)
}

// Finding finds a finding.
func (s *Store) Finding(ctx context.Context, scope Scope, finess scanner.FINESS, fingerprint string) (Finding, error) {
	f, err := one(ctx, s.reader, scanFinding, selectFinding+` AND fp = $3`, scope.sees, finess, fingerprint)
	return f, wrap(err, "find finding %s", fingerprint)
}

// Events lists the life of a finding, last change first.
func (s *Store) Events(ctx context.Context, scope Scope, finess scanner.FINESS, fingerprint string) ([]Event, error) {
	list, err := many(ctx, s.reader, scanEvent, `
		SELECT at, bundle_id, was, became FROM finding_event
		WHERE $1 IN ('*', finess) AND finess = $2 AND fp = $3 ORDER BY at DESC, bundle_id DESC`, scope.sees, finess, fingerprint)
	return list, wrap(err, "list events of finding %s", fingerprint)
}

// projectFinding lets one finding live through a bundle. One sent late, older
// than what is known, changes nothing: the newest look speaks.
func projectFinding(ctx context.Context, tx *sql.Tx, b Bundle, f scanner.Finding, outcome scanner.Outcome) error {
	known, err := one(ctx, tx, scanFinding, selectFinding+` AND fp = $3`, string(b.FINESS), b.FINESS, f.Fingerprint)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if known.LastSeen.After(b.EndedAt) {
		return nil
	}
	past, err := lifeOf(ctx, tx, known)
	if err != nil {
		return err
	}
	now := past.next(outcome)
	if err := upsertFinding(ctx, tx, known.advance(b, f, now)); err != nil {
		return err
	}
	return recordChange(ctx, tx, b, f.Fingerprint, past, now, outcome)
}

func lifeOf(ctx context.Context, tx *sql.Tx, known Finding) (life, error) {
	open, err := one(ctx, tx, scanInt, `
		SELECT COUNT(*) FROM finding_episode WHERE finess = $1 AND fp = $2 AND closed_at = 0`, known.FINESS, known.Fingerprint)
	return life{known.Observed, known.Episode, open > 0}, err
}

func (f Finding) advance(b Bundle, said scanner.Finding, now life) Finding {
	if f.FINESS == "" {
		f.FirstSeen = b.EndedAt
	}
	if f.Observed != now.observed {
		f.ObservedSince = b.EndedAt
	}
	family, _, _ := strings.Cut(said.Check, ".")
	return Finding{said, b.FINESS, family, now.observed, f.ObservedSince, f.FirstSeen, b.EndedAt, b.ID, now.episode}
}

func upsertFinding(ctx context.Context, tx *sql.Tx, f Finding) error {
	detail, err := encode(f.Finding)
	if err != nil {
		return err
	}
	_, undeclared := f.Undeclared()
	_, err = tx.ExecContext(ctx, `
		INSERT INTO finding (finess, fp, check_id, family, target, outcome, severity, severity_rank,
		    observed, observed_since, first_seen, last_seen, last_bundle, episode, detail, undeclared)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (finess, fp) DO UPDATE SET check_id = excluded.check_id, family = excluded.family,
		    target = excluded.target, outcome = excluded.outcome, severity = excluded.severity,
		    severity_rank = excluded.severity_rank, observed = excluded.observed, observed_since = excluded.observed_since,
		    last_seen = excluded.last_seen, last_bundle = excluded.last_bundle, episode = excluded.episode, detail = excluded.detail,
		    undeclared = excluded.undeclared`,
		f.FINESS, f.Fingerprint, f.Check, f.Family, f.Target.Key(), f.Outcome, f.Severity, f.Severity.Rank(),
		f.Observed, stamp(f.ObservedSince), stamp(f.FirstSeen), stamp(f.LastSeen), f.LastBundle, f.Episode, detail, undeclared)
	return err
}

func recordChange(ctx context.Context, tx *sql.Tx, b Bundle, fp string, past, now life, why scanner.Outcome) error {
	if past.observed == now.observed {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `
		INSERT INTO finding_event (finess, fp, at, bundle_id, was, became) VALUES ($1, $2, $3, $4, $5, $6)`,
		b.FINESS, fp, stamp(b.EndedAt), b.ID, past.observed, now.observed); err != nil {
		return err
	}
	return recordEpisode(ctx, tx, b, fp, past, now, why)
}

func recordEpisode(ctx context.Context, tx *sql.Tx, b Bundle, fp string, past, now life, why scanner.Outcome) (err error) {
	switch {
	case now.episode > past.episode:
		_, err = tx.ExecContext(ctx, `
			INSERT INTO finding_episode (finess, fp, episode, opened_at) VALUES ($1, $2, $3, $4)`,
			b.FINESS, fp, now.episode, stamp(b.EndedAt))
	case past.failing && !now.failing:
		_, err = tx.ExecContext(ctx, `
			UPDATE finding_episode SET closed_at = $1, close_reason = $2 WHERE finess = $3 AND fp = $4 AND episode = $5`,
			stamp(b.EndedAt), why, b.FINESS, fp, past.episode)
	}
	return err
}

func scanFinding(r row) (f Finding, err error) {
	err = r.Scan(&f.FINESS, &f.Family, &f.Observed, (*moment)(&f.ObservedSince), (*moment)(&f.FirstSeen),
		(*moment)(&f.LastSeen), &f.LastBundle, &f.Episode, document[scanner.Finding]{&f.Finding})
	return f, err
}

func scanEvent(r row) (e Event, err error) {
	err = r.Scan((*moment)(&e.At), &e.BundleID, &e.Was, &e.Became)
	return e, err
}

func scanInt(r row) (n int, err error) {
	err = r.Scan(&n)
	return n, err
}

func scanString(r row) (s string, err error) {
	err = r.Scan(&s)
	return s, err
}
