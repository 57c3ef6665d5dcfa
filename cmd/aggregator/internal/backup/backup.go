// SPDX-License-Identifier: Apache-2.0

// Package backup copies a whole region into one encrypted file, and makes a region of
// such a file again after having proven it (aggregator.md section 12).
//
// The file is an age archive of a zstd tar: the database at one moment, the sealed
// bundles it names, the keys, and last a manifest with the digest of each. Whoever makes
// it needs public keys only; a file cut short has no manifest, and age refuses one byte
// changed.
package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
)

// Manifest says what a backup holds.
type Manifest struct {
	Format   int       `json:"format"` // 1
	Software string    `json:"software"`
	MadeAt   time.Time `json:"made_at"`
	Entries  []Entry   `json:"entries"`
}

// Entry is one file of a backup.
type Entry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"` // bytes
	Digest string `json:"digest"`
}

// Size is that of all entries, in bytes, before they are compressed.
func (m Manifest) Size() (n int64) {
	for _, e := range m.Entries {
		n += e.Size
	}
	return n
}

const (
	format       = 1
	manifestName = "manifest.json"
	databaseName = "carescan.db"
	blobFolder   = "blobs"
	keyFolder    = "keys"
	workFolder   = "backup-work"
)

// Region is what is copied.
type Region struct {
	Folder   string
	Store    *store.Store
	Software string
}

// Write copies the region as it is at one moment. Nobody has to wait: agents are
// received and pages shown meanwhile. One backup works in a folder at a time.
func (r Region) Write(ctx context.Context, w io.Writer, now time.Time, recipients ...age.Recipient) (_ Manifest, err error) {
	work := filepath.Join(r.Folder, workFolder)
	if err := os.MkdirAll(work, 0o700); err != nil {
		return Manifest{}, fmt.Errorf("make folder for the backup: %w", err)
	}
	release, err := cli.Claim(work)
	if err != nil {
		return Manifest{}, err
	}
	// What a killed backup left goes with this one.
	defer func() { err = errors.Join(err, os.RemoveAll(work)); release() }()
	database := filepath.Join(work, databaseName)
	if err := os.Remove(database); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Manifest{}, fmt.Errorf("remove what an earlier backup left: %w", err)
	}
	blobs, err := r.Store.Snapshot(ctx, database)
	if err != nil {
		return Manifest{}, err
	}
	keys, err := filepath.Glob(filepath.Join(r.Folder, keyFolder, "*"))
	if err != nil {
		return Manifest{}, fmt.Errorf("list the keys: %w", err)
	}
	a, err := newArchive(w, recipients)
	if err != nil {
		return Manifest{}, err
	}
	a.manifest = Manifest{Format: format, Software: r.Software, MadeAt: now.UTC()}
	if err := a.addAll(ctx, database, blobs, keys); err != nil {
		return Manifest{}, err
	}
	return a.manifest, a.close()
}

// archive is a backup being written.
type archive struct {
	manifest Manifest
	tar      *tar.Writer
	zstd     *zstd.Encoder
	age      io.WriteCloser
}

func newArchive(w io.Writer, recipients []age.Recipient) (*archive, error) {
	sealed, err := age.Encrypt(w, recipients...)
	if err != nil {
		return nil, fmt.Errorf("encrypt the backup: %w", err)
	}
	packed, err := zstd.NewWriter(sealed, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("compress the backup: %w", err)
	}
	return &archive{tar: tar.NewWriter(packed), zstd: packed, age: sealed}, nil
}

func (a *archive) addAll(ctx context.Context, database string, blobs, keys []string) error {
	if err := a.addFile(databaseName, database); err != nil {
		return err
	}
	for folder, paths := range map[string][]string{blobFolder: blobs, keyFolder: keys} {
		for _, path := range paths {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := a.addFile(folder+"/"+filepath.Base(path), path); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *archive) addFile(name, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return errors.Join(fmt.Errorf("copy %s: it is no file", name), err)
	}
	return a.add(name, file, info.Size())
}

// add writes an entry, and its digest into the manifest.
func (a *archive) add(name string, content io.Reader, size int64) error {
	if err := a.tar.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, Format: tar.FormatPAX}); err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	digest := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(a.tar, digest), content, size); err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	a.manifest.Entries = append(a.manifest.Entries, Entry{name, size, "sha256:" + hex.EncodeToString(digest.Sum(nil))})
	return nil
}

func (a *archive) close() error {
	raw, err := json.Marshal(a.manifest)
	if err != nil {
		return fmt.Errorf("encode the manifest: %w", err)
	}
	entries := a.manifest.Entries
	err = a.add(manifestName, strings.NewReader(string(raw)), int64(len(raw)))
	a.manifest.Entries = entries
	return errors.Join(err, a.tar.Close(), a.zstd.Close(), a.age.Close())
}
