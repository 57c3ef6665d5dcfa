// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"

	"carescan/cmd/aggregator/internal/keyfile"
	"carescan/scanner"
)

// openRowKey reads the key that rows are added up with, drawn at first use, and refuses
// one that is not the key of the database: of a replica that was given no copy of the keys,
// or of a folder that lost them.
func (s *Store) openRowKey(ctx context.Context, folder string) (err error) {
	if s.rowKey, err = keyfile.Secret(folder, "rows.key"); err != nil {
		return err
	}
	// A digest tells nothing of 32 bytes that were drawn.
	mark := scanner.Digest(append([]byte("carescan-rows-key/1\n"), s.rowKey...))
	known, err := s.knownRowKey(ctx)
	if errors.Is(err, ErrNotFound) {
		if _, err := s.change(ctx, Region(), `INSERT INTO upkeep (name, value) VALUES ('rows-key', $1) ON CONFLICT (name) DO NOTHING`, mark); err != nil {
			return wrap(err, "note the key of the rows")
		}
		known, err = s.knownRowKey(ctx)
	}
	if err == nil && known != mark {
		err = ErrOtherKeys
	}
	return wrap(err, "recognise the key of the rows")
}

func (s *Store) knownRowKey(ctx context.Context) (string, error) {
	return one(ctx, s.view(Region()), scanString, `SELECT value FROM upkeep WHERE name = 'rows-key'`)
}
