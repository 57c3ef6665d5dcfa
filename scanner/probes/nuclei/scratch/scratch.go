// SPDX-License-Identifier: Apache-2.0

// Package scratch makes temporary folders that do not outlive their program: what a
// killed one left behind, the next one removes.
//
// It imports the standard library alone, see cmd/templates/internal/elsewhere.
package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	// unborn begins the name of a folder whose owner has not marked it yet.
	unborn = ".carescan-new-"
	// unbornFor is how long one may stay so; a program marks its folder at once.
	unbornFor = time.Hour
)

// New makes a folder whose name begins with a prefix, after having removed those of
// the same prefix that no living program owns. remove removes it.
func New(prefix string) (folder string, remove func(), err error) {
	top := os.TempDir()
	sweep(top, prefix)
	made, err := os.MkdirTemp(top, unborn)
	if err != nil {
		return "", nil, err
	}
	owner, err := own(made)
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("own temporary folder: %w", err), os.RemoveAll(made))
	}
	// It gets its name once it is owned, so that no other program takes it for one
	// that was left behind.
	folder = filepath.Join(top, prefix+filepath.Base(made)[len(unborn):])
	if err := os.Rename(made, folder); err != nil {
		return "", nil, errors.Join(err, owner.Close(), os.RemoveAll(made))
	}
	return folder, func() { _ = errors.Join(os.RemoveAll(folder), owner.Close()) }, nil
}

// sweep removes what was left behind. What cannot be removed is another account's,
// or another time's.
func sweep(top, prefix string) {
	entries, err := os.ReadDir(top)
	if err != nil {
		return
	}
	for _, entry := range entries {
		path := filepath.Join(top, entry.Name())
		switch {
		case !entry.IsDir():
		case hasPrefix(entry.Name(), unborn):
			if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > unbornFor {
				_ = os.RemoveAll(path)
			}
		case hasPrefix(entry.Name(), prefix) && left(path):
			_ = os.RemoveAll(path)
		}
	}
}

// hasPrefix tells whether digits alone follow a prefix, as os.MkdirTemp writes them:
// a prefix may begin another.
func hasPrefix(name, prefix string) bool {
	if len(name) <= len(prefix) || name[:len(prefix)] != prefix {
		return false
	}
	for _, c := range name[len(prefix):] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
