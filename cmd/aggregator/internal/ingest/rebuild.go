// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"fmt"

	"carescan/cmd/aggregator/internal/store"
	"carescan/reports/bundle"
)

// Rebuild derives every projection again from the sealed bundles, each of them
// verified again with the key its agent had and judged again, and tells how many there
// are.
func Rebuild(ctx context.Context, s *store.Store, judge Judge) (int, error) {
	return s.Rebuild(ctx, replay(ctx, s, judge))
}

// Rejudge judges every stored bundle again and tells what stands otherwise since, and
// how many were read. A dry run changes nothing.
func Rejudge(ctx context.Context, s *store.Store, judge Judge, dry bool) ([]store.Turn, int, error) {
	return s.Rejudge(ctx, replay(ctx, s, judge), dry)
}

// Move copies a region into an empty database of PostgreSQL, and proves the copy.
func Move(ctx context.Context, s *store.Store, to store.Postgres, judge Judge) (store.Moved, error) {
	return s.MoveTo(ctx, to, replay(ctx, s, judge))
}

// replay judges a stored bundle as on arrival.
func replay(ctx context.Context, s *store.Store, judge Judge) store.Judging {
	return func(b store.Bundle, raw []byte) (store.Judged, error) {
		opened, err := Reopen(ctx, s, store.Only(b.FINESS), b, raw)
		if err != nil {
			return store.Judged{}, err
		}
		return judgeRun(ctx, s, judge, opened.Run)
	}
}

// Reopen verifies a stored bundle again and returns what it holds.
func Reopen(ctx context.Context, s *store.Store, scope store.Scope, b store.Bundle, raw []byte) (*bundle.Opened, error) {
	certificates, err := s.Certificates(ctx, scope, b.AgentID)
	if err != nil {
		return nil, err
	}
	opened, err := openWith(certificates, raw)
	if err != nil {
		return nil, fmt.Errorf("open bundle %s: %w", b.ID, err)
	}
	return opened, nil
}
