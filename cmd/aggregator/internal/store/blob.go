// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"carescan/scanner"
)

// keepLargeBlob writes a large blob to its file, on the disk for good before
// any row speaks of it. A file that no row names after a crash is swept.
func (s *Store) keepLargeBlob(digest string, data []byte) error {
	if len(data) <= s.engine.inlineBlob() {
		return nil
	}
	path, err := s.blobPath(digest)
	if err != nil {
		return err
	}
	return wrap(writeDurably(path, data), "keep blob %s", digest)
}

// SweepBlobs removes what a program that died left among the large blobs, when it is older
// than a moment: files that were being written, and those that no row names. What bears
// no name of ours stays, such as the lost+found of a disk.
func (s *Store) SweepBlobs(ctx context.Context, before time.Time) error {
	entries, err := os.ReadDir(s.blobs)
	if err != nil {
		return wrap(err, "list blobs")
	}
	for _, entry := range entries {
		if err := s.sweepBlob(ctx, entry, before); err != nil {
			return wrap(err, "sweep blob %s", entry.Name())
		}
	}
	return nil
}

// sweepBlob removes one file, unless it is young or has its row. It has the turn of
// arrivals: one of them may be writing that very file, whose row comes after.
func (s *Store) sweepBlob(ctx context.Context, entry fs.DirEntry, before time.Time) error {
	select {
	case s.arriving <- struct{}{}:
		defer func() { <-s.arriving }()
	case <-ctx.Done():
		return ctx.Err()
	}
	info, err := entry.Info()
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
		return nil // gone since, or young
	}
	if err != nil {
		return err
	}
	if strings.HasPrefix(entry.Name(), unfinished) {
		return os.Remove(filepath.Join(s.blobs, entry.Name()))
	}
	digest := "sha256:" + entry.Name()
	if _, foreign := s.blobPath(digest); foreign != nil {
		return nil
	}
	return s.dropUnnamedBlob(ctx, digest)
}

// unfinished begins the name of a blob that is being written.
const unfinished = ".new-"

// dropUnnamedBlob removes the file of a bundle that was refused, unless it was received
// before. It is for whoever holds the turn of arrivals, and does not end with a request
// that is given up.
func (s *Store) dropUnnamedBlob(ctx context.Context, digest string) error {
	n, err := one(context.WithoutCancel(ctx), s.view(Region()), scanInt, `SELECT COUNT(*) FROM blob WHERE digest = $1`, digest)
	if err != nil || n > 0 {
		return wrap(err, "find blob %s", digest)
	}
	path, err := s.blobPath(digest)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return wrap(err, "remove blob %s", digest)
	}
	return nil
}

func (s *Store) blobPath(digest string) (string, error) {
	name, ok := strings.CutPrefix(digest, "sha256:")
	if !ok || len(name) != 64 || strings.ContainsFunc(name, notHex) {
		return "", fmt.Errorf("%q is not a digest", digest)
	}
	return filepath.Join(s.blobs, name), nil
}

func notHex(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }

func writeDurably(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), unfinished+"*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // gone already once renamed
	if _, err := file.Write(data); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (s *Store) insertBlob(ctx context.Context, q querier, digest string, data []byte) error {
	content := data
	if len(data) > s.engine.inlineBlob() {
		content = nil
	}
	// ON CONFLICT would ask row security for a bundle that names it, which comes next.
	_, err := q.ExecContext(ctx, `
		INSERT INTO blob (digest, size, content) SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM blob WHERE digest = $1)`,
		digest, len(data), content)
	return wrap(err, "keep blob %s", digest)
}

// readBlob returns the bytes of a blob, after having checked them against
// their name.
func (s *Store) readBlob(ctx context.Context, scope Scope, digest string) ([]byte, error) {
	data, err := one(ctx, s.view(scope), scanBytes, `SELECT content FROM blob WHERE digest = $1`, digest)
	if err == nil && data == nil {
		data, err = s.readLargeBlob(digest)
	}
	if err == nil && scanner.Digest(data) != digest {
		err = errors.New("the content does not match its digest any more")
	}
	return data, wrap(err, "read blob %s", digest)
}

func (s *Store) readLargeBlob(digest string) ([]byte, error) {
	path, err := s.blobPath(digest)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func scanBytes(r row) (data []byte, err error) {
	err = r.Scan(&data)
	return data, err
}

// CheckBlobs reads every blob, compares it with its name and tells how many
// there are.
func (s *Store) CheckBlobs(ctx context.Context) (int, error) {
	digests, err := many(ctx, s.view(Region()), scanString, `SELECT digest FROM blob ORDER BY digest`)
	if err != nil {
		return 0, wrap(err, "list blobs")
	}
	for _, digest := range digests {
		if _, err := s.readBlob(ctx, Region(), digest); err != nil {
			return 0, err
		}
	}
	return len(digests), nil
}
