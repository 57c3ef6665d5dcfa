// SPDX-License-Identifier: Apache-2.0

package attestation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"carescan/scanner"
	"carescan/scanner/probes/internal/localfile"
)

// maxDocument is the most bytes of a cited document.
const maxDocument = 64 << 20

// hashDocument returns the digest of a document kept beside the file that cites
// it. os.Root refuses every way out of that folder, symbolic links included.
func hashDocument(ctx context.Context, file, document string) (string, error) {
	folder, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return "", fmt.Errorf("open its folder: %w", localfile.Unnamed(err))
	}
	defer folder.Close()
	info, err := folder.Stat(document)
	if errors.Is(err, fs.ErrNotExist) {
		document = asOnDisk(folder, document)
		info, err = folder.Stat(document)
	}
	if errors.Is(err, fs.ErrNotExist) && strings.Contains(document, `\`) {
		return "", scanner.NotSeen(scanner.CauseFieldWrong,
			scanner.Values{scanner.ValueField: "document", scanner.ValueExpected: "documents/exercice.pdf"},
			errors.New(`a path is written with / and not with \`))
	}
	if err != nil {
		return "", localfile.Unnamed(err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxDocument {
		return "", localfile.TooLarge(info, maxDocument)
	}
	f, err := folder.Open(document)
	if err != nil {
		return "", localfile.Unnamed(err)
	}
	defer f.Close()
	return digest(ctx, f)
}

// maxNames bounds the names of a folder that are compared.
const maxNames = 20_000

// asOnDisk writes a path as the disk does where they differ only by the form of
// their accents (UAX 15): files unpacked from a Mac have theirs apart from the
// letters. Without such a file the path comes back as it is.
func asOnDisk(folder *os.Root, document string) string {
	at := "."
	for part := range strings.SplitSeq(path.Clean(document), "/") {
		name, found := sameName(folder, at, part)
		if !found {
			return document
		}
		at = path.Join(at, name)
	}
	return at
}

func sameName(folder *os.Root, at, part string) (name string, found bool) {
	opened, err := folder.Open(at)
	if err != nil {
		return "", false
	}
	defer opened.Close()
	names, err := opened.Readdirnames(maxNames)
	if err != nil {
		return "", false
	}
	slices.Sort(names)
	same := func(other string) bool { return norm.NFC.String(other) == norm.NFC.String(part) }
	if i := slices.IndexFunc(names, same); i >= 0 {
		return names[i], true
	}
	return "", false
}

func digest(ctx context.Context, f io.Reader) (string, error) {
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(untilDone{ctx, f}, maxDocument+1))
	if err != nil {
		return "", localfile.Unnamed(err)
	}
	if n > maxDocument {
		limit := scanner.Values{scanner.ValueLimit: fmt.Sprintf("%d MiB", maxDocument>>20)}
		return "", scanner.NotSeen(scanner.CauseTooLarge, limit, fmt.Errorf("it must be a file of at most %d MiB", maxDocument>>20))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// untilDone is a reader that ends with its context.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}
