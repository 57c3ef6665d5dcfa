// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"os"

	"golang.org/x/sys/windows"
)

// SyncFolder has nothing to do: NTFS journals a rename by itself, and a folder
// cannot be flushed there.
func SyncFolder(string) error { return nil }

func lockFile(file *os.File) error {
	return windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, new(windows.Overlapped))
}
