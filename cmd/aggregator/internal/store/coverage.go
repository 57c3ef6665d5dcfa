// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"carescan/scanner"
)

// Coverage says how far a check last looked at a target.
type Coverage struct {
	Check  string
	Target string // asset key
	Status scanner.Status
	Causes scanner.Causes
	Reason string // technical text
	LastAt time.Time
}

// Why lists the causes for which the look is not completed; none when it is.
func (c Coverage) Why() scanner.Causes {
	return scanner.Coverage{Status: c.Status, Causes: c.Causes, Reason: c.Reason}.Why()
}

// Coverage lists what was looked at in an establishment, gaps first.
func (s *Store) Coverage(ctx context.Context, scope Scope, finess scanner.FINESS, limit int) ([]Coverage, error) {
	list, err := many(ctx, s.reader, scanCoverage, `
		SELECT check_id, target, status, causes, reason, last_at FROM coverage
		WHERE $1 IN ('*', finess) AND finess = $2
		ORDER BY CASE status WHEN 'completed' THEN 1 ELSE 0 END, check_id, target LIMIT $3`, scope.sees, finess, limit)
	return list, wrap(err, "list coverage of %s", finess)
}

// CountCoverage counts the looks at an establishment by how they ended.
func (s *Store) CountCoverage(ctx context.Context, scope Scope, finess scanner.FINESS) (map[scanner.Status]int, error) {
	counts, err := many(ctx, s.reader, scanCount, `
		SELECT finess, 'coverage', status, COUNT(*) FROM coverage
		WHERE $1 IN ('*', finess) AND finess = $2 GROUP BY finess, status`, scope.sees, finess)
	byStatus := map[scanner.Status]int{}
	for _, c := range counts {
		byStatus[scanner.Status(c.which)] = int(c.n)
	}
	return byStatus, wrap(err, "count coverage of %s", finess)
}

func projectCoverage(ctx context.Context, tx *sql.Tx, b Bundle, c scanner.Coverage) error {
	// Codes and values are plain texts, which always encode.
	causes, _ := json.Marshal(c.Causes)
	_, err := tx.ExecContext(ctx, `
		INSERT INTO coverage (finess, check_id, target, status, causes, reason, last_at, last_bundle)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (finess, check_id, target) DO UPDATE SET status = excluded.status, causes = excluded.causes,
		    reason = excluded.reason, last_at = excluded.last_at, last_bundle = excluded.last_bundle
		WHERE coverage.last_at <= excluded.last_at`,
		b.FINESS, c.Check, c.Target.Key(), c.Status, string(causes), c.Reason, stamp(b.EndedAt), b.ID)
	return err
}

func scanCoverage(r row) (c Coverage, err error) {
	var causes string
	err = r.Scan(&c.Check, &c.Target, &c.Status, &causes, &c.Reason, (*moment)(&c.LastAt))
	if err == nil && causes != "" {
		err = json.Unmarshal([]byte(causes), &c.Causes)
	}
	return c, err
}
