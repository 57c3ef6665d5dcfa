// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
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
	list, err := many(ctx, s.view(scope), scanCoverage, `
		SELECT check_id, target, coverage.status, causes, reason, agent_run.ended_at
		FROM coverage JOIN agent_run ON agent_run.agent_id = coverage.agent_id AND agent_run.vantage = coverage.vantage
		WHERE `+within("coverage.finess")+` AND coverage.finess = $2
		ORDER BY CASE coverage.status WHEN 'completed' THEN 1 ELSE 0 END, check_id, target LIMIT $3`, scope.sees, finess, limit)
	return list, wrap(err, "list coverage of %s", finess)
}

// CountCoverage counts the looks at an establishment by how they ended.
func (s *Store) CountCoverage(ctx context.Context, scope Scope, finess scanner.FINESS) (map[scanner.Status]int, error) {
	counts, err := many(ctx, s.view(scope), scanCount, `
		SELECT finess, 'coverage', status, COUNT(*) FROM coverage
		WHERE `+within("finess")+` AND finess = $2 GROUP BY finess, status`, scope.sees, finess)
	byStatus := map[scanner.Status]int{}
	for _, c := range counts {
		byStatus[scanner.Status(c.which)] = int(c.n)
	}
	return byStatus, wrap(err, "count coverage of %s", finess)
}

// covered is how far a run looked at a target, as it is kept.
type covered struct {
	check, target string
	status        scanner.Status
	causes        string
	reason        string
}

// projectCoverage keeps how far the newest run of an agent looked, and lets go of what
// it does not speak of any more.
func projectCoverage(ctx context.Context, tx *transaction, b Bundle, coverage []scanner.Coverage) error {
	list, err := many(ctx, tx, scanCovered, `
		SELECT check_id, target, status, causes, reason FROM coverage WHERE finess = $1 AND agent_id = $2 AND vantage = $3`,
		b.FINESS, b.AgentID, b.Vantage)
	if err != nil {
		return wrap(err, "read coverage of agent %s", b.AgentID)
	}
	known := map[[2]string]covered{}
	for _, c := range list {
		known[[2]string{c.check, c.target}] = c
	}
	rows := batch{
		into: "coverage", columns: "finess, check_id, target, vantage, agent_id, status, causes, reason",
		key: "finess, check_id, target, vantage", set: []string{"agent_id", "status", "causes", "reason"},
	}
	said := map[[2]string]bool{}
	for _, c := range coverage {
		// Codes and values are plain texts, which always encode.
		causes, _ := json.Marshal(c.Causes)
		now := covered{c.Check, c.Target.Key(), c.Status, string(causes), c.Reason}
		key := [2]string{now.check, now.target}
		if said[key] {
			continue // several looks at one target: the first tells
		}
		said[key] = true
		if known[key] != now {
			rows.add(b.FINESS, now.check, now.target, b.Vantage, b.AgentID, now.status, now.causes, now.reason)
		}
		delete(known, key)
	}
	if err := rows.write(ctx, tx); err != nil {
		return err
	}
	for key := range known {
		const gone = `finess = $1 AND check_id = $2 AND target = $3 AND vantage = $4 AND agent_id = $5`
		args := []any{b.FINESS, key[0], key[1], b.Vantage, b.AgentID}
		if err := tx.changeRows(ctx, "coverage", gone, args, `DELETE FROM coverage WHERE `+gone); err != nil {
			return err
		}
	}
	return nil
}

func scanCovered(r row) (c covered, err error) {
	err = r.Scan(&c.check, &c.target, &c.status, &c.causes, &c.reason)
	return c, err
}

func scanCoverage(r row) (c Coverage, err error) {
	var causes string
	err = r.Scan(&c.Check, &c.Target, &c.Status, &causes, &c.Reason, (*moment)(&c.LastAt))
	if err == nil && causes != "" {
		err = json.Unmarshal([]byte(causes), &c.Causes)
	}
	return c, err
}
