// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Snapshot writes the database as it is at one moment to a new file, and tells the files
// of the sealed bundles that it names. Those who write go on.
func (s *Store) Snapshot(ctx context.Context, path string) (blobs []string, err error) {
	if err := s.engine.snapshot(ctx, s, path); err != nil {
		return nil, err
	}
	copied, err := sql.Open("sqlite", dsn(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, fmt.Errorf("open the copy: %w", err)
	}
	defer func() { err = errors.Join(err, copied.Close()) }()
	digests, err := readAll(ctx, copied, scanString, `SELECT digest FROM blob WHERE content IS NULL ORDER BY digest`)
	if err != nil {
		return nil, wrap(err, "list the blobs of the copy")
	}
	for _, digest := range digests {
		blob, err := s.blobPath(digest)
		if err != nil {
			return nil, err
		}
		blobs = append(blobs, blob)
	}
	return blobs, nil
}

// snapshot reads through a connection of its own: SQLite lets no connection that may
// only query write a copy, and the writer has others waiting for it.
func (e sqlite) snapshot(ctx context.Context, _ *Store, path string) (err error) {
	if err := createPrivate(path); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(e.path, ""))
	if err != nil {
		return fmt.Errorf("open the database to copy: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `VACUUM INTO $1`, path); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}
