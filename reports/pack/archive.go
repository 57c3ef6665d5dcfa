// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"carescan/reports/bundle/envelope"
	"carescan/scanner"
	"carescan/scanner/bounded"
)

// The limits of a pack: what a regional centre files for one establishment and
// one period, with room to spare.
const (
	MaxBytes = 64 << 20 // of the archive
	maxFile  = 16 << 20 // of one file, decompressed
	maxFiles = 64
)

const partArchive = "archive"

var (
	plainName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	bundleName = regexp.MustCompile(`^[0-9a-f-]{36}\.carescan$`)
)

// readArchive reads the files of an archive. Sizes are bounded before and while
// reading, because the ones that an archive states are only claims.
func readArchive(r io.ReaderAt, size int64) ([]content, error) {
	if size > MaxBytes {
		return nil, envelope.Wrong(partArchive, "it has %d bytes, at most %d are read", size, MaxBytes)
	}
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, envelope.Wrong(partArchive, "read the list of files: %w", err)
	}
	if len(archive.File) > maxFiles {
		return nil, envelope.Wrong(partArchive, "it lists %d files, at most %d are read", len(archive.File), maxFiles)
	}
	var files []content
	room := int64(MaxBytes)
	for _, entry := range archive.File {
		data, err := readEntry(entry, min(room, maxFile))
		if err != nil {
			return nil, envelope.Wrong(partOf(entry.Name), "%w", err)
		}
		room -= int64(len(data))
		files = append(files, content{entry.Name, data})
	}
	return files, nil
}

// partOf keeps hostile names short and visible.
func partOf(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return fmt.Sprintf("%.100q", name)
}

func readEntry(entry *zip.File, limit int64) ([]byte, error) {
	if !plainName.MatchString(entry.Name) {
		return nil, errors.New("no such name belongs in a pack")
	}
	// Claims may lie low or high; both ends are held.
	if entry.UncompressedSize64 > uint64(limit) {
		return nil, fmt.Errorf("it claims %d bytes, at most %d are read", entry.UncompressedSize64, limit)
	}
	in, err := entry.Open()
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	data, whole, err := bounded.Read(in, int(limit))
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if !whole {
		return nil, fmt.Errorf("more than %d bytes come out", limit)
	}
	return data, nil
}

// checkSet demands the files that a pack is made of, once each, and no other.
func checkSet(files []content) error {
	seen := map[string]bool{}
	bundles := 0
	for _, f := range files {
		isBundle := bundleName.MatchString(f.name)
		if isBundle {
			bundles++
		}
		if !isBundle && !slices.Contains(knownNames(), f.name) {
			return envelope.Wrong(f.name, "no such file belongs in a pack")
		}
		if seen[f.name] {
			return envelope.Wrong(f.name, "it is there twice")
		}
		seen[f.name] = true
	}
	if bundles == 0 {
		return envelope.Wrong(partArchive, "it holds no sealed bundle")
	}
	return checkNeeded(seen)
}

func checkNeeded(seen map[string]bool) error {
	for _, name := range []string{ManifestName, ReadMeName, DossierName(scanner.French)} {
		if !seen[name] {
			return envelope.Wrong(name, "it is missing")
		}
	}
	return nil
}

func knownNames() []string {
	names := []string{ManifestName, ReadMeName}
	for _, l := range scanner.Langs() {
		names = append(names, DossierName(l))
	}
	return names
}
