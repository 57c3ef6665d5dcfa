// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"runtime"
)

// Judging verifies a stored bundle and judges its facts; several goroutines use it.
type Judging func(Bundle, []byte) (Judged, error)

const (
	maxJudges  = 4   // bundles judged at once: each may cost its decoded size several times
	replayPage = 500 // bundles listed at once
)

// Rebuild derives every projection again from the sealed bundles, in the order
// they came, in one transaction, and tells how many were read.
func (s *Store) Rebuild(ctx context.Context, judge Judging) (n int, err error) {
	err = s.writeInTurn(ctx, Region(), func(tx *transaction) error {
		n, err = s.replayAll(ctx, tx, judge)
		return err
	})
	return n, err
}

func (s *Store) replayAll(ctx context.Context, tx *transaction, judge Judging) (n int, err error) {
	if err := forgetProjections(ctx, tx); err != nil {
		return 0, err
	}
	unsealed := &transaction{Tx: tx.Tx, engine: tx.engine} // all is added up in the end
	err = s.judgeAll(ctx, judge, func(j judgement) error {
		n++
		_, err := project(ctx, unsealed, j.bundle, j.looks, j.judged)
		return wrap(err, "replay bundle %s", j.bundle.ID)
	})
	if err != nil {
		return 0, err
	}
	if _, err = tx.ExecContext(ctx, `DELETE FROM upkeep WHERE name = 'rebuild'`); err != nil {
		return 0, wrap(err, "note that all is derived again")
	}
	return n, tx.sealProjections(ctx)
}

// judgement is a stored bundle judged again.
type judgement struct {
	bundle Bundle
	judged Judged
	looks  []said
	err    error
}

// judgeAll judges every stored bundle, several at once, and gives them in the order they
// came: a judgement depends on its bundle alone, what follows from it on all that came
// before. No more are held than are judged at once, and as many that wait.
func (s *Store) judgeAll(ctx context.Context, judge Judging, each func(judgement) error) error {
	ctx, stop := context.WithCancel(ctx)
	turns := make(chan chan judgement, min(maxJudges, runtime.GOMAXPROCS(0)))
	go s.startJudging(ctx, judge, turns)
	defer func() {
		stop()
		for turn := range turns {
			<-turn
		}
	}()
	for turn := range turns {
		done := <-turn
		if done.err != nil {
			return done.err
		}
		if err := each(done); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// startJudging starts a judgement whenever there is room for its turn. Bundles are
// listed by the reader: the transaction of the writer keeps new ones out.
func (s *Store) startJudging(ctx context.Context, judge Judging, turns chan<- chan judgement) {
	defer close(turns)
	start := func(do func() judgement) bool {
		turn := make(chan judgement, 1)
		select {
		case turns <- turn:
			go func() { turn <- do() }()
			return true
		case <-ctx.Done():
			return false
		}
	}
	for last := int64(0); ; {
		page, err := many(ctx, s.view(Region()), scanArrived, selectArrived, last, replayPage)
		if err != nil {
			start(func() judgement { return judgement{err: fmt.Errorf("list bundles: %w", err)} })
			return
		}
		for _, b := range page {
			if !start(func() judgement { return s.judgeStored(ctx, b.Bundle, judge) }) {
				return
			}
		}
		if len(page) < replayPage {
			return
		}
		last = page[len(page)-1].arrival
	}
}

func (s *Store) judgeStored(ctx context.Context, b Bundle, judge Judging) judgement {
	raw, err := s.readBlob(ctx, Region(), b.Digest)
	if err != nil {
		return judgement{err: err}
	}
	judged, err := judge(b, raw)
	if err != nil {
		return judgement{err: err}
	}
	looks, err := looksOf(b, judged.Findings)
	return judgement{b, judged, looks, err}
}

// NeedsRebuild tells whether an upgrade of the schema emptied the projections.
func (s *Store) NeedsRebuild(ctx context.Context) (bool, error) {
	n, err := one(ctx, s.view(Region()), scanInt, `SELECT COUNT(*) FROM upkeep WHERE name = 'rebuild'`)
	return n > 0, wrap(err, "read what is left to be done after an upgrade")
}

// projections are the tables that are derived from the bundles.
var projections = []string{"finding_event", "finding_episode", "finding_look", "wording", "finding", "coverage", "control_result", "disagreement", "agent_run"}

func forgetProjections(ctx context.Context, tx *transaction) error {
	for _, table := range projections {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil { //nolint:gosec // names of the list above
			return wrap(err, "empty table %s", table)
		}
	}
	return nil
}

// arrived is a bundle in the order of arrivals.
type arrived struct {
	Bundle
	arrival int64
}

const selectArrived = `SELECT ` + bundleColumns + `, arrival FROM bundle JOIN profile_ref ON profile_ref.id = profile_id WHERE arrival > $1 ORDER BY arrival LIMIT $2`

func scanArrived(r row) (a arrived, err error) {
	err = r.Scan(append(a.into(), &a.arrival)...)
	return a, err
}
