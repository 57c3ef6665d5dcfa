// SPDX-License-Identifier: Apache-2.0

// Package durable writes files that are wholly there after a crash, or not at
// all, and lets processes take turns.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	unfinished = ".writing-" // begins the name of a temporary file
	// abandoned is how long after its last write a temporary file has lost its writer,
	// who takes a moment.
	abandoned = time.Hour
)

// WriteFile writes a file, readable by its owner only: a temporary file is
// flushed, then renamed, then its folder flushed.
func WriteFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), unfinished+"*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", filepath.Base(path), err), os.Remove(tmp.Name()))
	}
	return SyncFolder(filepath.Dir(path))
}

// Sweep removes from a folder the temporary files of writers that were killed: nobody
// else would, and each is as large as what was being written.
func Sweep(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("sweep folder: %w", err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), unfinished) {
			continue
		}
		info, err := entry.Info()
		if err == nil && time.Since(info.ModTime()) > abandoned {
			err = os.Remove(filepath.Join(folder, entry.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // its writer, or another sweeper, was faster
			return fmt.Errorf("sweep folder: %w", err)
		}
	}
	return nil
}

// Lock waits for its turn on a lock file. The system drops the lock with the
// process, so a kill never leaves it held.
func Lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := lockFile(file); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return func() { _ = file.Close() }, nil // closing is what unlocks
}
