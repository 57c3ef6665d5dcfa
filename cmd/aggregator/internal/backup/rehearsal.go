// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
)

const rehearsalFolder = "backup-rehearsal"

// Rehearse backs the region up and restores it, for a key of this one time, and leaves
// nothing: a region that could not be restored says so while it still can be mended. It
// takes the room of the region once more, in its own folder.
func (r Region) Rehearse(ctx context.Context, now time.Time) (err error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return fmt.Errorf("make a key for the rehearsal: %w", err)
	}
	folder := filepath.Join(r.Folder, rehearsalFolder)
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove what an earlier rehearsal left: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	from, to := io.Pipe()
	written := make(chan error, 1)
	go func() {
		_, err := r.Write(ctx, to, now, identity.Recipient())
		to.CloseWithError(err)
		written <- err
	}()
	_, err = Restore(ctx, from, folder, identity)
	from.CloseWithError(err)
	if failure := <-written; failure != nil {
		return fmt.Errorf("rehearse a backup: %w", failure)
	}
	if err != nil {
		return fmt.Errorf("rehearse a restore: %w", err)
	}
	return nil
}
