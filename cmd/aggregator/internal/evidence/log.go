// SPDX-License-Identifier: Apache-2.0

// Package evidence keeps the log that proves what a region received, and when: it signs
// checkpoints of the tree that the store grows, has them time-stamped, gives agents their
// proofs, and compares the database with what was sealed (docs/adr/0048-evidence-log.md).
package evidence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/proof"
	"carescan/cmd/internal/wire"
)

const (
	// Every is how often a round is to be made.
	Every = 10 * time.Minute
	// Within is before how long a checkpoint covers a bundle: that is promised with its
	// receipt, and leaves room for a round that fails.
	Within = 2 * Every
	// daily is after how long a checkpoint is signed of a log that did not grow, a round
	// of ten minutes early, so that no day lacks one.
	daily = 24*time.Hour - Every
	// shownStamps is how many time-stamps are given with a proof.
	shownStamps = 2
)

// Log is the evidence log of a region.
type Log struct {
	store       *store.Store
	signer      note.Signer
	key         string // verifies its checkpoints
	authorities []Authority
	log         *slog.Logger
}

// New makes the log of a region, time-stamped by those authorities.
func New(s *store.Store, a *authority.Authority, authorities []Authority, log *slog.Logger) *Log {
	return &Log{s, a.LogSigner(), a.LogKey(), authorities, log}
}

// Round gives leaves their place, signs a checkpoint if the log grew or a day passed, and
// asks for the time-stamps that are due. Any number of programs may do it at once.
func (l *Log) Round(ctx context.Context, now time.Time) error {
	return errors.Join(l.checkpoint(ctx, now), l.stamp(ctx, now))
}

func (l *Log) checkpoint(ctx context.Context, now time.Time) error {
	tree, err := l.store.GrowLog(ctx)
	if err != nil {
		return err
	}
	last, err := l.store.Checkpoint(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err == nil && tree.N == last.Size && now.Sub(last.SignedAt) < daily {
		return nil
	}
	if err == nil {
		if err := l.continues(ctx, tree, last); err != nil {
			return err
		}
	}
	signed, err := note.Sign(&note.Note{Text: proof.Checkpoint{Origin: l.signer.Name(), Tree: tree}.String()}, l.signer)
	if err != nil {
		return fmt.Errorf("sign checkpoint: %w", err)
	}
	return l.store.AddCheckpoint(ctx, store.Checkpoint{Size: tree.N, SignedAt: now, Note: string(signed)})
}

// continues refuses to sign a tree that does not continue the one that was signed last: a
// region put back from an old copy would tell two stories under one key.
func (l *Log) continues(ctx context.Context, tree tlog.Tree, last store.Checkpoint) error {
	before, err := proof.ParseCheckpoint(last.Note, l.key)
	if err != nil {
		return err
	}
	consistency, err := l.store.ProveContinued(ctx, tree.N, before.Tree.N)
	if err != nil {
		return err
	}
	now := proof.Checkpoint{Origin: before.Origin, Tree: tree}
	if err := now.Continues(before, hashesOf(consistency)); err != nil {
		return fmt.Errorf("nothing is signed: %w", err)
	}
	return nil
}

func hashesOf(hashes []tlog.Hash) [][]byte {
	list := make([][]byte, len(hashes))
	for i := range hashes {
		list[i] = hashes[i][:]
	}
	return list
}

// Promise is what a receipt says of the log, to be signed with it.
func (l *Log) Promise() *wire.LogPromise {
	return &wire.LogPromise{Key: l.key, Within: int64(Within.Seconds())}
}

// Newest is the newest signed checkpoint, store.ErrNotFound when none was signed yet.
func (l *Log) Newest(ctx context.Context) (string, error) {
	c, err := l.store.Checkpoint(ctx)
	return c.Note, err
}

// Proofs answers an agent: a checkpoint, that it continues the one the agent saw last, and
// that it covers its bundles. It is the newest that bears a time-stamp, if that covers all
// that is asked, else the newest. The scope is that of the agent: it learns nothing of
// other establishments.
func (l *Log) Proofs(ctx context.Context, scope store.Scope, q wire.LogQuestion) (wire.LogProofs, error) {
	newest, err := l.store.Checkpoint(ctx)
	if err != nil {
		return wire.LogProofs{}, err
	}
	stamps, err := l.store.Stamps(ctx, "", shownStamps)
	if err != nil {
		return wire.LogProofs{}, err
	}
	answer, err := l.prove(ctx, scope, newest, q)
	if err != nil || len(stamps) == 0 || stamps[0].Checkpoint.Size < q.Since {
		return answer, err
	}
	if stamps[0].Checkpoint.Note != newest.Note {
		earlier, err := l.prove(ctx, scope, stamps[0].Checkpoint, q)
		if err != nil || len(earlier.Inclusions) < len(answer.Inclusions) {
			return answer, err
		}
		answer = earlier
	}
	for _, s := range stamps {
		if s.Checkpoint.Note == answer.Checkpoint {
			answer.Stamps = append(answer.Stamps, wire.LogStamp{Authority: s.Authority, Token: s.Token})
		}
	}
	return answer, nil
}

// prove proves from one checkpoint what is asked.
func (l *Log) prove(ctx context.Context, scope store.Scope, from store.Checkpoint, q wire.LogQuestion) (wire.LogProofs, error) {
	answer := wire.LogProofs{Checkpoint: from.Note}
	consistency, err := l.store.ProveContinued(ctx, from.Size, q.Since)
	if err != nil {
		return answer, err
	}
	answer.Consistency = hashesOf(consistency)
	for _, id := range q.Bundles[:min(len(q.Bundles), wire.MaxAsked)] {
		included, err := l.store.ProveIncluded(ctx, scope, id, from.Size)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return answer, err
		}
		answer.Inclusions = append(answer.Inclusions, included)
	}
	return answer, nil
}
