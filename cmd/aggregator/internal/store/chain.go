// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"

	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// Chain is what is odd in the numbers of an agent's bundles, which its seals make
// follow each other.
type Chain struct {
	AgentID string
	FINESS  scanner.FINESS
	// Missing never came, or was lost when the region was restored from a copy.
	Missing wire.Spans
	// Twice are the numbers that several bundles bear: the state of the agent was
	// restored from a copy, or the agent was cloned.
	Twice wire.Spans
}

// oddNumbers finds each number that comes twice, or does not follow the one
// before. The first of an agent follows nothing when the bundle it names as the one
// before is here under another agent: the same machine, enrolled anew.
var oddNumbers = `
	SELECT agent_id, finess, before, seq, times FROM (
	    SELECT agent_id, finess, seq, times, COALESCE(LAG(seq) OVER (PARTITION BY agent_id ORDER BY seq),
	        CASE WHEN previous = '' OR EXISTS (SELECT 1 FROM blob WHERE digest = previous) THEN seq - 1 ELSE 0 END) AS before
	    FROM (SELECT agent_id, finess, seq, COUNT(*) AS times, MIN(previous) AS previous FROM bundle
	          WHERE ` + within("finess") + ` AND $2 IN ('', agent_id) GROUP BY agent_id, finess, seq) AS numbered) AS followed
	WHERE times > 1 OR seq > before + 1 ORDER BY agent_id, seq`

// Chains lists the agents whose numbers are odd; agent narrows it to one, unless it
// is empty.
func (s *Store) Chains(ctx context.Context, scope Scope, agent string) ([]Chain, error) {
	odd, err := many(ctx, s.view(scope), scanOddNumber, oddNumbers, scope.sees, agent)
	if err != nil {
		return nil, wrap(err, "list odd numbers of bundles")
	}
	var list []Chain
	for _, n := range odd {
		if len(list) == 0 || list[len(list)-1].AgentID != n.agent {
			list = append(list, Chain{AgentID: n.agent, FINESS: n.finess})
		}
		chain := &list[len(list)-1]
		if n.seq > n.before+1 {
			chain.Missing = append(chain.Missing, wire.Span{From: n.before + 1, To: n.seq - 1})
		}
		if n.times > 1 {
			chain.Twice = append(chain.Twice, wire.Span{From: n.seq, To: n.seq})
		}
	}
	return list, nil
}

type oddNumber struct {
	agent       string
	finess      scanner.FINESS
	before, seq uint64
	times       int
}

func scanOddNumber(r row) (n oddNumber, err error) {
	err = r.Scan(&n.agent, &n.finess, &n.before, &n.seq, &n.times)
	return n, err
}
