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

// coverageKey names a look at a target from a place.
type coverageKey struct {
	check, target string
	vantage       scanner.Vantage
}

// covered is how far the newest run of an agent looked at a target, as it is kept.
type covered struct {
	agent  string
	status scanner.Status
	causes string
	reason string
}

func (p *projection) readCoverage(ctx context.Context, from source, at place) error {
	read := func(r row) (struct{}, error) {
		var key coverageKey
		var c covered
		err := r.Scan(&key.check, &key.target, &key.vantage, &c.agent, &c.status, &c.causes, &c.reason)
		p.covered[key] = c
		return struct{}{}, err
	}
	_, err := many(ctx, from, read, `
		SELECT check_id, target, vantage, agent_id, status, causes, reason FROM coverage
		WHERE finess = $1 AND $2 IN ('', vantage)`, p.finess, at.vantage)
	return wrap(err, "read coverage of %s", p.finess)
}

// cover keeps how far the newest run of an agent looked, and lets go of what it does not
// speak of any more.
func (p *projection) cover(coverage []scanner.Coverage) {
	said := map[coverageKey]bool{}
	for _, c := range coverage {
		key := coverageKey{c.Check, c.Target.Key(), p.bundle.Vantage}
		if said[key] {
			continue // several looks at one target: the first tells
		}
		said[key] = true
		// Codes and values are plain texts, which always encode.
		causes, _ := json.Marshal(c.Causes)
		now := covered{p.bundle.AgentID, c.Status, string(causes), c.Reason}
		if p.covered[key] != now {
			p.covered[key] = now
			p.changed.covered[key] = true
		}
	}
	for key, known := range p.covered {
		if known.agent == p.bundle.AgentID && key.vantage == p.bundle.Vantage && !said[key] {
			delete(p.covered, key)
			p.changed.covered[key] = true
		}
	}
}

func (p *projection) writeCoverage(ctx context.Context, tx *transaction) error {
	rows := batch{
		into: "coverage", columns: "finess, check_id, target, vantage, agent_id, status, causes, reason",
		key: "finess, check_id, target, vantage", set: []string{"agent_id", "status", "causes", "reason"},
	}
	for key := range p.changed.covered {
		if c, kept := p.covered[key]; kept {
			rows.add(p.finess, key.check, key.target, key.vantage, c.agent, c.status, c.causes, c.reason)
			continue
		}
		const gone = `finess = $1 AND check_id = $2 AND target = $3 AND vantage = $4`
		if err := tx.changeRows(ctx, "coverage", gone, []any{p.finess, key.check, key.target, key.vantage}, `DELETE FROM coverage WHERE `+gone); err != nil {
			return err
		}
	}
	return rows.write(ctx, tx)
}

func scanCoverage(r row) (c Coverage, err error) {
	var causes string
	err = r.Scan(&c.Check, &c.Target, &c.Status, &causes, &c.Reason, (*moment)(&c.LastAt))
	if err == nil && causes != "" {
		err = json.Unmarshal([]byte(causes), &c.Causes)
	}
	return c, err
}
