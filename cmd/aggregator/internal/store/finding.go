// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"carescan/scanner"
)

// Finding is the standing of a finding: what the look says that has most to say of
// it, and where it is in its life.
type Finding struct {
	scanner.Finding
	FINESS        scanner.FINESS
	Family        string
	Observed      Observed
	ObservedSince time.Time
	FirstSeen     time.Time
	Episode       int64
	Vantage       scanner.Vantage
	// LastSeen is the end of the last run that said so; Gone tells that a later one of
	// the same agent did not, and Doubt what that one says of a failure.
	LastSeen time.Time
	Gone     bool
	Doubt    scanner.Text
	Agent    string
	Bundle   string // whose facts say so: the first of those that say the same
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

var selectFinding = `
	SELECT finding.finess, family, observed, observed_since, first_seen, episode, finding.vantage,
	       CASE WHEN seen_until > 0 THEN seen_until WHEN agent_run.ended_at > stated_at THEN agent_run.ended_at ELSE stated_at END,
	       seen_until > 0, finding_look.agent_id, finding_look.bundle_id, doubt, detail, wording.content, observations
	FROM finding
	JOIN finding_look ON finding_look.finess = finding.finess AND finding_look.fp = finding.fp AND finding_look.vantage = finding.vantage
	JOIN wording ON wording.digest = finding_look.wording
	LEFT JOIN agent_run ON agent_run.agent_id = finding_look.agent_id AND agent_run.vantage = finding_look.vantage
	WHERE ` + within("finding.finess") + ` AND finding.finess = $2`

const filterFinding = ` AND $3 IN ('', finding.outcome) AND $4 IN ('', family) AND ($5 = '' OR $5 LIKE '%,' || finding.check_id || ',%')
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
	list, err := many(ctx, s.view(scope), scanFinding, selectFinding+filterFinding+`
		ORDER BY CASE finding.outcome WHEN 'fail' THEN 0 WHEN 'inconclusive' THEN 1 WHEN 'pass' THEN 2 ELSE 3 END,
		         severity_rank, finding.check_id, finding.target, finding.fp
		LIMIT $7 OFFSET $8`, scope.sees, finess, f.Outcome, f.Family, f.checks(), f.Declared, f.Limit, f.Offset)
	return list, wrap(err, "list findings of %s", finess)
}

// CountFindings counts what Findings would list without a limit.
func (s *Store) CountFindings(ctx context.Context, scope Scope, finess scanner.FINESS, f Filter) (int, error) {
	n, err := one(ctx, s.view(scope), scanInt, `
		SELECT COUNT(*) FROM finding WHERE `+within("finess")+` AND finess = $2`+filterFinding,
		scope.sees, finess, f.Outcome, f.Family, f.checks(), f.Declared)
	return n, wrap(err, "count findings of %s", finess)
}

// Undeclared lists the findings, of those a filter accepts, that nothing was
// declared for. There are at most as many as checks.
func (s *Store) Undeclared(ctx context.Context, scope Scope, finess scanner.FINESS, f Filter) ([]scanner.Finding, error) {
	list, err := many(ctx, s.view(scope), scanFinding, selectFinding+filterFinding+` AND undeclared ORDER BY finding.check_id, finding.target`,
		scope.sees, finess, f.Outcome, f.Family, f.checks(), false)
	findings := make([]scanner.Finding, 0, len(list))
	for _, found := range list {
		findings = append(findings, found.Finding)
	}
	return findings, wrap(err, "list what is not declared of %s", finess)
}

// Families lists the families that the findings of an establishment belong to.
func (s *Store) Families(ctx context.Context, scope Scope, finess scanner.FINESS) ([]string, error) {
	list, err := many(ctx, s.view(scope), scanString, `
		SELECT DISTINCT family FROM finding WHERE `+within("finess")+` AND finess = $2 ORDER BY family`, scope.sees, finess)
	return list, wrap(err, "list families of %s", finess)
}

// Finding finds a finding.
func (s *Store) Finding(ctx context.Context, scope Scope, finess scanner.FINESS, fingerprint string) (Finding, error) {
	f, err := one(ctx, s.view(scope), scanFinding, selectFinding+` AND finding.fp = $3`, scope.sees, finess, fingerprint)
	return f, wrap(err, "find finding %s", fingerprint)
}

// Events lists the life of a finding, last change first.
func (s *Store) Events(ctx context.Context, scope Scope, finess scanner.FINESS, fingerprint string) ([]Event, error) {
	list, err := many(ctx, s.view(scope), scanEvent, `
		SELECT at, bundle_id, was, became FROM finding_event
		WHERE `+within("finess")+` AND finess = $2 AND fp = $3 ORDER BY at DESC, bundle_id DESC`, scope.sees, finess, fingerprint)
	return list, wrap(err, "list events of finding %s", fingerprint)
}

func scanFinding(r row) (f Finding, err error) {
	var doubt string
	var w words
	err = r.Scan(&f.FINESS, &f.Family, &f.Observed, (*moment)(&f.ObservedSince), (*moment)(&f.FirstSeen), &f.Episode,
		&f.Vantage, (*moment)(&f.LastSeen), &f.Gone, &f.Agent, &f.Bundle, &doubt,
		document[scanner.Finding]{&f.Finding}, document[words]{&w}, document[[]string]{&f.Observations})
	f.Title, f.Headline, f.Fix = w.Title, w.Headline, w.Fix
	if err == nil && doubt != "" {
		err = json.Unmarshal([]byte(doubt), &f.Doubt)
	}
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

func scanInt64(r row) (n int64, err error) {
	err = r.Scan(&n)
	return n, err
}

func scanString(r row) (s string, err error) {
	err = r.Scan(&s)
	return s, err
}
