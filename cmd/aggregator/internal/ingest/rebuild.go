// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"fmt"

	"carescan/cmd/aggregator/internal/store"
	"carescan/reports/bundle"
	"carescan/scanner"
)

// Rebuild derives every projection again from the sealed bundles, each of them
// verified again with the key its agent had, and tells how many there are.
func Rebuild(ctx context.Context, s *store.Store) (int, error) {
	return s.Rebuild(ctx, func(b store.Bundle, raw []byte) (scanner.Run, error) {
		opened, err := Reopen(ctx, s, store.Only(b.FINESS), b, raw)
		if err != nil {
			return scanner.Run{}, err
		}
		return opened.Run, nil
	})
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
