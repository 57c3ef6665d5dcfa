// SPDX-License-Identifier: Apache-2.0

//go:build unix

package durable

import (
	"fmt"
	"syscall"
)

// Free is how many bytes may still be written where a path is.
func Free(path string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(path, &stat); err != nil {
		return 0, fmt.Errorf("read free space of %s: %w", path, err)
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}
