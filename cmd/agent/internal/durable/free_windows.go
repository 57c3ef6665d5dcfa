// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// Free is how many bytes may still be written where a path is.
func Free(path string) (free uint64, err error) {
	wide, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, fmt.Errorf("read free space of %s: %w", path, err)
	}
	if err := windows.GetDiskFreeSpaceEx(wide, &free, nil, nil); err != nil {
		return 0, fmt.Errorf("read free space of %s: %w", path, err)
	}
	return free, nil
}
