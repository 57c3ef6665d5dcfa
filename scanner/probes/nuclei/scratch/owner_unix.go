// SPDX-License-Identifier: Apache-2.0

//go:build unix

package scratch

import (
	"errors"
	"os"
	"syscall"
)

// own locks a folder, which the system unlocks when the program ends, however it
// does.
func own(folder string) (*os.File, error) {
	file, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// left tells whether a folder is ours and its owner gone.
func left(folder string) bool {
	info, err := os.Lstat(folder)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) != os.Geteuid() {
		return false
	}
	file, err := own(folder)
	if err != nil {
		return false
	}
	return file.Close() == nil
}
