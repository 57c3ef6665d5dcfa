// SPDX-License-Identifier: Apache-2.0

package attestation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

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
