// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"slices"

	"carescan/scanner"
)

// Standing is where an establishment stands, in counts.
type Standing struct {
	scanner.Establishment
	Outcomes   map[scanner.Outcome]int  // without what nobody declared
	Undeclared int                      // findings that nothing was declared for
	Severities map[scanner.Severity]int // of the failures
	Controls   map[scanner.ControlState]int
	Looked
}

// Standings lists where establishments stand, those that need help first.
func (s *Store) Standings(ctx context.Context, scope Scope) ([]Standing, error) {
	sites, err := s.Establishments(ctx, scope)
	if err != nil {
		return nil, err
	}
	counts, err := many(ctx, s.view(scope), scanCount, countsQuery, scope.sees)
	if err != nil {
		return nil, wrap(err, "count standings")
	}
	of := map[scanner.FINESS][]count{}
	for _, c := range counts {
		of[c.finess] = append(of[c.finess], c)
	}
	list := make([]Standing, 0, len(sites))
	for _, e := range sites {
		list = append(list, newStanding(e, of[e.FINESS]))
	}
	slices.SortStableFunc(list, worstFirst)
	return list, nil
}

// count is one number about one establishment: how many rows of what, which.
type count struct {
	finess      scanner.FINESS
	what, which string
	n           int64
}

var countsQuery = `
	SELECT finess, 'outcome', outcome, COUNT(*) FROM finding
	WHERE ` + within("finess") + ` AND NOT undeclared GROUP BY finess, outcome
	UNION ALL
	SELECT finess, 'undeclared', '', COUNT(*) FROM finding WHERE ` + within("finess") + ` AND undeclared GROUP BY finess
	UNION ALL
	SELECT finess, 'severity', severity, COUNT(*) FROM finding
	WHERE ` + within("finess") + ` AND outcome = 'fail' GROUP BY finess, severity
	UNION ALL
	SELECT finess, 'control', state, COUNT(*) FROM control_result WHERE ` + within("finess") + ` GROUP BY finess, state
	UNION ALL` + lookedQuery

func newStanding(e scanner.Establishment, counts []count) Standing {
	s := Standing{
		Establishment: e,
		Outcomes:      map[scanner.Outcome]int{}, Severities: map[scanner.Severity]int{}, Controls: map[scanner.ControlState]int{},
	}
	for _, c := range counts {
		s.add(c)
	}
	return s
}

func (s *Standing) add(c count) {
	switch c.what {
	case "outcome":
		s.Outcomes[scanner.Outcome(c.which)] = int(c.n)
	case "undeclared":
		s.Undeclared = int(c.n)
	case "severity":
		s.Severities[scanner.Severity(c.which)] = int(c.n)
	case "control":
		s.Controls[scanner.ControlState(c.which)] = int(c.n)
	default:
		s.Looked.add(c)
	}
}

func worstFirst(a, b Standing) int {
	for _, severity := range scanner.Severities() {
		if c := cmp.Compare(b.Severities[severity], a.Severities[severity]); c != 0 {
			return c
		}
	}
	return cmp.Compare(b.Outcomes[scanner.Inconclusive], a.Outcomes[scanner.Inconclusive])
}

func scanCount(r row) (c count, err error) {
	err = r.Scan(&c.finess, &c.what, &c.which, &c.n)
	return c, err
}
