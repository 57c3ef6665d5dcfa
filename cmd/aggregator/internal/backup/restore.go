// SPDX-License-Identifier: Apache-2.0

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
	"log/slog"
	"os"
	"path/filepath"
	"regexp"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/evidence"
	"carescan/cmd/aggregator/internal/store"
)

// Why a backup is refused. Nothing of it is left behind.
var (
	ErrOtherKey = errors.New("the backup is encrypted for other keys")
	ErrDamaged  = errors.New("the backup is damaged")
	ErrOccupied = errors.New("the folder is not empty")
)

// The bounds of what is read: names are those we write, and a manifest has a line for
// each bundle of a region's years.
const (
	maxManifest = 256 << 20
	maxWindow   = 64 << 20
)

var entryName = regexp.MustCompile(`^(?:carescan\.db|blobs/[0-9a-f]{64}|keys/[a-z][a-z0-9.-]{0,63})$`)

// Restore makes the region of a backup in an empty folder: all of it, proven, or
// nothing. The database is opened, read from end to end and brought to the schema of
// this program, and each sealed bundle is compared with its digest.
func Restore(ctx context.Context, r io.Reader, folder string, identities ...age.Identity) (_ Manifest, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Manifest{}, fmt.Errorf("make folder %s: %w", folder, err)
	}
	if there, err := os.ReadDir(folder); err != nil || len(there) > 0 {
		return Manifest{}, errors.Join(fmt.Errorf("restore into %s: %w", folder, ErrOccupied), err)
	}
	work, err := os.MkdirTemp(folder, ".restoring-*")
	if err != nil {
		return Manifest{}, fmt.Errorf("make folder to restore in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	m, err := unpack(ctx, r, work, identities)
	if err != nil {
		return Manifest{}, err
	}
	if err := prove(ctx, work); err != nil {
		return Manifest{}, errors.Join(ErrDamaged, err)
	}
	// The database comes last: until it is there, the folder holds no region.
	for _, name := range []string{keyFolder, blobFolder, databaseName} {
		if err := os.Rename(filepath.Join(work, name), filepath.Join(folder, name)); err != nil {
			return Manifest{}, fmt.Errorf("put %s in its place: %w", name, err)
		}
	}
	return m, nil
}

// Check proves a backup in a temporary folder beside others, and leaves nothing.
func Check(ctx context.Context, r io.Reader, identities ...age.Identity) (_ Manifest, err error) {
	folder, err := os.MkdirTemp("", "carescan-backup-*")
	if err != nil {
		return Manifest{}, fmt.Errorf("make folder to check in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	return Restore(ctx, r, filepath.Join(folder, "region"), identities...)
}

func unpack(ctx context.Context, r io.Reader, folder string, identities []age.Identity) (Manifest, error) {
	for _, name := range []string{keyFolder, blobFolder} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			return Manifest{}, fmt.Errorf("make folder to restore in: %w", err)
		}
	}
	opened, err := age.Decrypt(r, identities...)
	if other := (*age.NoIdentityMatchError)(nil); errors.As(err, &other) {
		return Manifest{}, ErrOtherKey
	}
	if err != nil {
		return Manifest{}, errors.Join(ErrDamaged, err)
	}
	plain, err := zstd.NewReader(opened, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return Manifest{}, errors.Join(ErrDamaged, err)
	}
	defer plain.Close()
	u := unpacking{folder: folder, entries: map[string]Entry{}}
	m, err := u.all(ctx, tar.NewReader(plain))
	if err != nil {
		return Manifest{}, err
	}
	// age proves the last piece of a file only to whoever reads it to its end.
	if _, err := io.Copy(io.Discard, plain); err != nil {
		return Manifest{}, errors.Join(ErrDamaged, err)
	}
	return m, nil
}

// unpacking is a backup being read.
type unpacking struct {
	folder  string
	entries map[string]Entry
}

// all writes every entry until the manifest, which must name each as it came.
func (u unpacking) all(ctx context.Context, in *tar.Reader) (m Manifest, err error) {
	for ctx.Err() == nil {
		header, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			return m, fmt.Errorf("%w: it ends before its manifest", ErrDamaged)
		case err != nil:
			return m, errors.Join(ErrDamaged, err)
		case header.Name == manifestName:
			return u.compare(in, header.Size)
		}
		if err := u.write(in, header); err != nil {
			return m, err
		}
	}
	return m, ctx.Err()
}

func (u unpacking) write(in io.Reader, header *tar.Header) (err error) {
	if _, twice := u.entries[header.Name]; twice || header.Typeflag != tar.TypeReg || !entryName.MatchString(header.Name) {
		return fmt.Errorf("%w: entry %.80q does not belong there", ErrDamaged, header.Name)
	}
	file, err := os.OpenFile(filepath.Join(u.folder, filepath.FromSlash(header.Name)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", header.Name, err)
	}
	defer func() { err = errors.Join(err, file.Sync(), file.Close()) }()
	source, digest := &reading{in: in}, sha256.New()
	n, err := io.Copy(io.MultiWriter(file, digest), source)
	if source.err != nil {
		return fmt.Errorf("%w: entry %s: %w", ErrDamaged, header.Name, source.err)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", header.Name, err)
	}
	u.entries[header.Name] = Entry{header.Name, n, "sha256:" + hex.EncodeToString(digest.Sum(nil))}
	return nil
}

// reading tells what is wrong with the backup from what is wrong with the disk.
type reading struct {
	in  io.Reader
	err error
}

// Read reads, and remembers what the source failed with.
func (r *reading) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

func (u unpacking) compare(in io.Reader, size int64) (m Manifest, err error) {
	if size > maxManifest {
		return m, fmt.Errorf("%w: its manifest has %d bytes", ErrDamaged, size)
	}
	raw, err := io.ReadAll(io.LimitReader(in, size))
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	switch {
	case err != nil:
		return m, errors.Join(ErrDamaged, err)
	case m.Format != format:
		return m, fmt.Errorf("the backup has form %d, which this version does not read: use the version that made it (%.60q)", m.Format, m.Software)
	case len(m.Entries) != len(u.entries):
		return m, fmt.Errorf("%w: %d entries came, the manifest has %d", ErrDamaged, len(u.entries), len(m.Entries))
	}
	for _, e := range m.Entries {
		if u.entries[e.Name] != e {
			return m, fmt.Errorf("%w: entry %.80q is not what the manifest says", ErrDamaged, e.Name)
		}
	}
	return m, nil
}

// prove opens what was unpacked as a region would, and reads all of it.
func prove(ctx context.Context, folder string) (err error) {
	if !(store.Place{Folder: folder}).Exists() {
		return errors.New("it holds no database")
	}
	s, err := store.Open(ctx, store.Place{Folder: folder})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.CheckIntegrity(ctx); err != nil {
		return err
	}
	if _, err := s.CheckBlobs(ctx); err != nil {
		return err
	}
	return proveLog(ctx, s, folder)
}

// proveLog compares the tree of the evidence log with every checkpoint that the region
// signed with the key beside it. A backup of before there was a log begins one.
func proveLog(ctx context.Context, s *store.Store, folder string) error {
	if _, err := s.BeginLog(ctx); err != nil {
		return err
	}
	a, err := authority.Open(folder)
	if err != nil {
		return err
	}
	return evidence.New(s, a, nil, slog.Default()).CheckHistory(ctx)
}
