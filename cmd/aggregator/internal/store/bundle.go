// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"carescan/scanner"
)

// Bundle is what the store knows of a sealed bundle without opening it.
type Bundle struct {
	FINESS     scanner.FINESS
	ID         string
	AgentID    string
	Seq        int64
	Previous   string
	Digest     string
	Size       int
	KeyDigest  string // of the key that sealed it
	Software   string
	RunID      string
	RunStatus  scanner.RunStatus
	Vantage    scanner.Vantage
	Profile    scanner.ProfileRef
	StartedAt  time.Time
	EndedAt    time.Time
	SealedAt   time.Time
	ReceivedAt time.Time
}

// Arrival is a verified bundle with its bytes and the receipt to give.
type Arrival struct {
	Bundle  Bundle
	Raw     []byte
	Receipt string
	Judged  Judged
	Address string // from where it came; empty when nobody knows
}

// The refusals of an arrival.
var (
	ErrOtherDigest = errors.New("a bundle of that name was received with another content")
	ErrNotActive   = errors.New("the agent is not active")
)

// Kept is how a bundle was stored.
type Kept struct {
	// Receipt is the one that holds for the bundle: the one given, or the first one
	// ever given, in which case the bundle is not new.
	Receipt string
	New     bool
	// Branch tells that another bundle already bore its number.
	Branch bool
}

// Keep stores a bundle exactly once, with all that follows from it, in one
// transaction.
//
// All that can be is done before the transaction begins, and one arrival at a time
// asks for the writer: whoever writes a session or a deed competes with one arrival,
// however many are behind it.
func (s *Store) Keep(ctx context.Context, a Arrival) (Kept, error) {
	looks, err := looksOf(a.Bundle, a.Judged.Findings)
	if err != nil {
		return Kept{}, wrap(err, "keep bundle %s", a.Bundle.ID)
	}
	select {
	case s.arriving <- struct{}{}:
		defer func() { <-s.arriving }()
	case <-ctx.Done():
		return Kept{}, ctx.Err()
	}
	kept, err := s.keep(ctx, a, looks)
	if err != nil {
		err = errors.Join(err, s.dropUnnamedBlob(ctx, a.Bundle.Digest))
	}
	return kept, wrap(err, "keep bundle %s", a.Bundle.ID)
}

func (s *Store) keep(ctx context.Context, a Arrival, looks []said) (kept Kept, err error) {
	if err := s.keepLargeBlob(a.Bundle.Digest, a.Raw); err != nil {
		return Kept{}, err
	}
	err = s.writeInTurn(ctx, Only(a.Bundle.FINESS), func(tx *transaction) error {
		known, err := s.receipt(ctx, tx, a.Bundle.FINESS, a.Bundle.ID, a.Bundle.Digest)
		if err == nil {
			kept = Kept{Receipt: known}
			return nil
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		kept = Kept{Receipt: a.Receipt, New: true}
		kept.Branch, err = s.keepNew(ctx, tx, a, looks)
		return err
	})
	if err != nil {
		return Kept{}, err
	}
	return kept, nil
}

// Receipt finds the receipt of a bundle received before: ErrNotFound when it
// was not, ErrOtherDigest when its content was another.
func (s *Store) Receipt(ctx context.Context, finess scanner.FINESS, id, digest string) (string, error) {
	receipt, err := s.receipt(ctx, s.view(Only(finess)), finess, id, digest)
	return receipt, wrap(err, "find receipt of bundle %s", id)
}

func (s *Store) receipt(ctx context.Context, from source, finess scanner.FINESS, id, digest string) (string, error) {
	known, err := one(ctx, from, scanPair, `SELECT digest, receipt FROM bundle_key WHERE finess = $1 AND bundle_id = $2`, finess, id)
	if err == nil && known[0] != digest {
		err = ErrOtherDigest
	}
	return known[1], err
}

func (s *Store) keepNew(ctx context.Context, tx *transaction, a Arrival, looks []said) (bool, error) {
	agent, branch, err := advance(ctx, tx, a)
	if err != nil {
		return false, err
	}
	if err := s.insertBlob(ctx, tx, a.Bundle.Digest, a.Raw); err != nil {
		return false, err
	}
	if err := insertBundle(ctx, tx, a.Bundle); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO bundle_key (finess, bundle_id, digest, receipt) VALUES ($1, $2, $3, $4)`,
		a.Bundle.FINESS, a.Bundle.ID, a.Bundle.Digest, a.Receipt); err != nil {
		return false, err
	}
	if err := tx.added(ctx, "bundle_key", a.Bundle.FINESS, a.Bundle.ID, a.Bundle.Digest, a.Receipt); err != nil {
		return false, err
	}
	odd, err := oddInChain(ctx, tx, a.Bundle)
	if err != nil {
		return false, err
	}
	told, err := project(ctx, tx, a.Bundle, looks, a.Judged)
	if err != nil {
		return false, err
	}
	if err := writeOddities(ctx, tx, agent, slices.Concat(odd, oddAddress(a.Bundle, a.Address, agent), told.odd)); err != nil {
		return false, err
	}
	rows, err := tx.settleSums(ctx, a.Bundle.FINESS)
	if err != nil {
		return false, err
	}
	if err := tx.leaf(ctx, bundleLeaf(a.Bundle, rows)); err != nil || told.disputed == 0 {
		return branch, err
	}
	return branch, insertDeed(ctx, tx, Deed{
		At: a.Bundle.ReceivedAt, Actor: agent.Called(), Action: "disagreement", Object: fmt.Sprintf("%s, %d", a.Bundle.FINESS, told.disputed),
	})
}

// advance moves the sequence of an agent forward, never back: a bundle may come
// after those that follow it. One that bears a number already used is a branch, of
// an agent restored from a copy or cloned (docs/adr/0032-nothing-lost-to-a-restore.md).
// The agent is returned as it was before.
func advance(ctx context.Context, tx *transaction, a Arrival) (before Agent, branch bool, err error) {
	b := a.Bundle
	agent, err := agentIn(ctx, tx, Only(b.FINESS), b.AgentID)
	switch {
	case err != nil:
		return agent, false, err
	case agent.State != AgentActive:
		return agent, false, ErrNotActive
	}
	before = agent
	used, err := one(ctx, tx, scanInt, `SELECT COUNT(*) FROM bundle WHERE agent_id = $1 AND seq = $2`, b.AgentID, b.Seq)
	if err != nil {
		return before, false, err
	}
	if b.Seq > agent.LastSeq {
		agent.LastSeq, agent.Software = b.Seq, b.Software
	}
	if _, err = tx.ExecContext(ctx, `UPDATE agent SET last_seq = $1, last_seen = $2, software = $3, last_address = $4 WHERE id = $5`,
		agent.LastSeq, stamp(b.ReceivedAt), agent.Software, a.Address, b.AgentID); err != nil || used == 0 {
		return before, false, err
	}
	return before, true, insertDeed(ctx, tx, Deed{
		At: b.ReceivedAt, Actor: before.Called(), Action: "branch", Object: fmt.Sprintf("%s, %d", b.FINESS, b.Seq),
	})
}

func insertBundle(ctx context.Context, tx *transaction, b Bundle) error {
	profile, err := encode(b.Profile)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO profile_ref (content) VALUES ($1) ON CONFLICT (content) DO NOTHING`, profile); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO bundle (finess, id, agent_id, seq, previous, digest, size, key_digest, software,
		    run_id, run_status, vantage, profile_id, started_at, ended_at, sealed_at, received_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, (SELECT id FROM profile_ref WHERE content = $13), $14, $15, $16, $17)`,
		b.FINESS, b.ID, b.AgentID, b.Seq, b.Previous, b.Digest, b.Size, b.KeyDigest, b.Software,
		b.RunID, b.RunStatus, b.Vantage, profile, stamp(b.StartedAt), stamp(b.EndedAt), stamp(b.SealedAt), stamp(b.ReceivedAt))
	if err != nil {
		return err
	}
	return tx.added(ctx, "bundle", b.FINESS, b.ID, b.AgentID, b.Seq, b.Previous, b.Digest, b.Size, b.KeyDigest, b.Software,
		b.RunID, b.RunStatus, b.Vantage, profile, stamp(b.StartedAt), stamp(b.EndedAt), stamp(b.SealedAt), stamp(b.ReceivedAt))
}

const bundleColumns = `finess, bundle.id, agent_id, seq, previous, digest, size, key_digest, software,
	run_id, run_status, vantage, profile_ref.content, started_at, ended_at, sealed_at, received_at`

var selectBundle = `SELECT ` + bundleColumns + ` FROM bundle JOIN profile_ref ON profile_ref.id = profile_id WHERE ` + within("finess")

// Bundles lists the newest bundles of an establishment, newest first.
func (s *Store) Bundles(ctx context.Context, scope Scope, finess scanner.FINESS, limit int) ([]Bundle, error) {
	list, err := many(ctx, s.view(scope), scanBundle, selectBundle+` AND finess = $2 ORDER BY arrival DESC LIMIT $3`,
		scope.sees, finess, limit)
	return list, wrap(err, "list bundles of %s", finess)
}

// Bundle finds a bundle.
func (s *Store) Bundle(ctx context.Context, scope Scope, finess scanner.FINESS, id string) (Bundle, error) {
	b, err := one(ctx, s.view(scope), scanBundle, selectBundle+` AND finess = $2 AND bundle.id = $3`, scope.sees, finess, id)
	return b, wrap(err, "find bundle %s", id)
}

// Sealed returns the bytes of a bundle, as its agent sealed them.
func (s *Store) Sealed(ctx context.Context, scope Scope, finess scanner.FINESS, id string) ([]byte, error) {
	b, err := s.Bundle(ctx, scope, finess, id)
	if err != nil {
		return nil, err
	}
	return s.readBlob(ctx, scope, b.Digest)
}

func scanBundle(r row) (b Bundle, err error) {
	err = r.Scan(b.into()...)
	return b, err
}

// into is where the columns of a bundle are read.
func (b *Bundle) into() []any {
	return []any{
		&b.FINESS, &b.ID, &b.AgentID, &b.Seq, &b.Previous, &b.Digest, &b.Size, &b.KeyDigest, &b.Software,
		&b.RunID, &b.RunStatus, &b.Vantage,
		document[scanner.ProfileRef]{&b.Profile},
		(*moment)(&b.StartedAt),
		(*moment)(&b.EndedAt), (*moment)(&b.SealedAt), (*moment)(&b.ReceivedAt),
	}
}

func scanPair(r row) (pair [2]string, err error) {
	err = r.Scan(&pair[0], &pair[1])
	return pair, err
}
