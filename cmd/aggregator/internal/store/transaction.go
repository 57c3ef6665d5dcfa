// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// transaction is one that writes.
type transaction struct {
	*sql.Tx
	engine engine
	// ledger adds up what is written, for the evidence log; nil where all is added up in
	// the end.
	ledger *ledger
}

// ask implements source: what a transaction reads is what it will leave.
func (t *transaction) ask(_ context.Context, do func(querier) error) error { return do(t.Tx) }

// view is the database as a scope sees it.
type view struct {
	store *Store
	scope Scope
}

// view is the database as a scope sees it. What belongs to no establishment, such as
// sessions, is seen by all of them.
func (s *Store) view(scope Scope) view { return view{s, scope} }

// ask implements source.
func (v view) ask(ctx context.Context, do func(querier) error) error {
	return v.store.engine.read(ctx, v.store, v.scope, do)
}

// write runs a function in one transaction, as if it were alone. It may run several
// times: only the last one counts.
func (s *Store) write(ctx context.Context, scope Scope, do func(tx *transaction) error) error {
	return s.transact(ctx, scope, false, do)
}

// writeInTurn is write for what reads and writes much: others that write so in the same
// scope wait for their turn, rather than have one of them begin again. The region waits
// for all establishments, and they for it.
func (s *Store) writeInTurn(ctx context.Context, scope Scope, do func(tx *transaction) error) error {
	return s.transact(ctx, scope, true, do)
}

// change runs one statement in a transaction of its own.
func (s *Store) change(ctx context.Context, scope Scope, query string, args ...any) (result sql.Result, err error) {
	err = s.write(ctx, scope, func(tx *transaction) error {
		result, err = tx.ExecContext(ctx, query, args...)
		return err
	})
	return result, err
}

const (
	mostTries = 10
	firstWait = 10 * time.Millisecond // doubled at each try
)

func (s *Store) transact(ctx context.Context, scope Scope, inTurn bool, do func(tx *transaction) error) error {
	for try := 0; ; try++ {
		err := s.try(ctx, scope, inTurn, do)
		if err == nil || try == mostTries-1 || !s.engine.again(err) {
			return err
		}
		wait := firstWait << try
		select {
		case <-time.After(wait/2 + rand.N(wait)): //nolint:gosec // no secret
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

func (s *Store) try(ctx context.Context, scope Scope, inTurn bool, do func(tx *transaction) error) error {
	tx, err := s.engine.begin(ctx, s, scope, inTurn)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	sums, err := s.newLedger()
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := errors.Join(do(&transaction{tx, s.engine, sums}), sums.settled()); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit transaction: %w", err)
	}
	return nil
}
