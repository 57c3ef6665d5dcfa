// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"strings"
	"time"
)

// Round is what is known of work that a region does on a rhythm.
type Round struct {
	Name     string
	DoneAt   time.Time // when it last began and came to a good end; zero for never
	Took     time.Duration
	FailedAt time.Time // of its last failure; zero for never
	Failure  string    // in technical words
}

// Failing tells whether the round has not come to a good end since it last failed.
func (r Round) Failing() bool { return r.FailedAt.After(r.DoneAt) }

// RecordRound records that a round came to a good end.
func (s *Store) RecordRound(ctx context.Context, name string, at time.Time, took time.Duration) error {
	_, err := s.change(ctx, Scope{}, `
		INSERT INTO round (name, done_at, took, failed_at, failure) VALUES ($1, $2, $3, 0, '')
		ON CONFLICT (name) DO UPDATE SET done_at = excluded.done_at, took = excluded.took`,
		name, stamp(at), took.Microseconds())
	return wrap(err, "record round %s", name)
}

// mostFailure is how many bytes of a failure are kept.
const mostFailure = 2000

// RecordRoundFailure records that a round failed.
func (s *Store) RecordRoundFailure(ctx context.Context, name string, at time.Time, failure error) error {
	text := failure.Error()
	_, err := s.change(ctx, Scope{}, `
		INSERT INTO round (name, done_at, took, failed_at, failure) VALUES ($1, 0, 0, $2, $3)
		ON CONFLICT (name) DO UPDATE SET failed_at = excluded.failed_at, failure = excluded.failure`,
		name, stamp(at), strings.ToValidUTF8(text[:min(len(text), mostFailure)], ""))
	return wrap(err, "record failure of round %s", name)
}

// Rounds tells what is known of every round, by name. They are work of the whole
// region, so only a reader of the region sees any.
func (s *Store) Rounds(ctx context.Context, scope Scope) (map[string]Round, error) {
	list, err := many(ctx, s.view(scope), scanRound, `
		SELECT name, done_at, took, failed_at, failure FROM round WHERE $1 = '*'`, scope.sees)
	if err != nil {
		return nil, wrap(err, "list rounds")
	}
	rounds := map[string]Round{}
	for _, r := range list {
		rounds[r.Name] = r
	}
	return rounds, nil
}

func scanRound(r row) (round Round, err error) {
	var took int64
	err = r.Scan(&round.Name, (*moment)(&round.DoneAt), &took, (*moment)(&round.FailedAt), &round.Failure)
	round.Took = time.Duration(took) * time.Microsecond
	return round, err
}
